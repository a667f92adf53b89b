-- call_facts
SELECT
  `c`.`id` AS `id`,
  `c`.`start_time` AS `start_time`,
  `c`.`finish_time` AS `finish_time`,
  CAST(DATETIME(`c`.`start_time`, 'Europe/Moscow') AS DATETIME) AS `local_start`,
  CAST(CAST(DATETIME(`c`.`start_time`, 'Europe/Moscow') AS DATE) AS DATE) AS `date`,
  CAST(EXTRACT(HOUR FROM DATETIME(`c`.`start_time`, 'Europe/Moscow')) AS INT64) AS `hour`,
  CAST((
    MOD(EXTRACT(DAYOFWEEK FROM DATETIME(`c`.`start_time`, 'Europe/Moscow')) + 5, 7) + 1
  ) AS INT64) AS `weekday`,
  `c`.`direction` AS `direction`,
  CAST(NOT `c`.`is_lost` AS BOOL) AS `is_answered`,
  CAST(`c`.`direction` = 'in' AND `c`.`is_lost` AS BOOL) AS `is_missed`,
  `c`.`contact_phone_number` AS `contact_phone_number`,
  `c`.`virtual_phone_number` AS `virtual_phone_number`,
  `c`.`first_answered_employee_id` AS `first_employee_id`,
  `c`.`first_answered_employee_full_name` AS `first_employee`,
  `c`.`last_answered_employee_id` AS `last_employee_id`,
  `c`.`last_answered_employee_full_name` AS `last_employee`,
  `c`.`wait_duration` AS `wait_seconds`,
  `c`.`talk_duration` AS `talk_seconds`,
  `c`.`total_duration` AS `total_seconds`,
  CAST(NULLIF(`c`.`campaign_name`, '') AS STRING) AS `campaign`,
  CAST(NULLIF(`c`.`source_name`, '') AS STRING) AS `source`,
  CAST(NULLIF(`c`.`site_domain_name`, '') AS STRING) AS `site`,
  CAST(COALESCE(NULLIF(`c`.`utm_source`, ''), NULLIF(`c`.`eq_utm_source`, '')) AS STRING) AS `utm_source`,
  CAST(COALESCE(NULLIF(`c`.`utm_medium`, ''), NULLIF(`c`.`eq_utm_medium`, '')) AS STRING) AS `utm_medium`,
  CAST(COALESCE(NULLIF(`c`.`utm_campaign`, ''), NULLIF(`c`.`eq_utm_campaign`, '')) AS STRING) AS `utm_campaign`,
  CAST(COALESCE(NULLIF(`c`.`utm_term`, ''), NULLIF(`c`.`eq_utm_term`, '')) AS STRING) AS `utm_term`,
  CAST(COALESCE(NULLIF(`c`.`utm_content`, ''), NULLIF(`c`.`eq_utm_content`, '')) AS STRING) AS `utm_content`,
  CAST(`c`.`communication_number` = 1 AS BOOL) AS `is_first`,
  CAST(COALESCE(
    (
      SELECT
        COUNT(`e`.`value`)
      FROM (
        SELECT
          `call_start_time` AS `call_start_time`,
          CAST(`call_id` AS INT64) AS `call_id`,
          CAST(`value` AS STRING) AS `value`
        FROM `project`.`uis_data`.`calls__attributes`
      ) AS `e`
      WHERE
        (
          `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
        )
        AND `e`.`value` = 'target'
    ),
    0
  ) > 0 AS BOOL) AS `is_target`,
  CAST((
    SELECT
      STRING_AGG(`e`.`tag_name`, ', '
      ORDER BY
        `e`.`position`)
    FROM (
      SELECT
        `call_start_time` AS `call_start_time`,
        CAST(`call_id` AS INT64) AS `call_id`,
        CAST(`position` AS INT64) AS `position`,
        CAST(`tag_name` AS STRING) AS `tag_name`
      FROM `project`.`uis_data`.`calls__tags`
    ) AS `e`
    WHERE
      (
        `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
      )
      AND `e`.`position` < 5
  ) AS STRING) AS `tags`,
  CAST(REPLACE(
    (
      SELECT
        STRING_AGG('@' || `e`.`value` || '/', ' '
        ORDER BY
          `e`.`position`)
      FROM (
        SELECT
          `call_start_time` AS `call_start_time`,
          CAST(`call_id` AS INT64) AS `call_id`,
          CAST(`position` AS INT64) AS `position`,
          CAST(`value` AS STRING) AS `value`
        FROM `project`.`uis_data`.`calls__call_records`
      ) AS `e`
      WHERE
        `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
    ),
    '@',
    'https://' || 'app.uiscom.ru' || '/system/media/talk/' || CAST(`c`.`communication_id` AS STRING) || '/'
  ) AS STRING) AS `recording_links`,
  CAST(REPLACE(
    (
      SELECT
        STRING_AGG('@' || `e`.`value` || '/', ' '
        ORDER BY
          `e`.`position`)
      FROM (
        SELECT
          `call_start_time` AS `call_start_time`,
          CAST(`call_id` AS INT64) AS `call_id`,
          CAST(`position` AS INT64) AS `position`,
          CAST(`value` AS STRING) AS `value`
        FROM `project`.`uis_data`.`calls__voice_mail_records`
      ) AS `e`
      WHERE
        `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
    ),
    '@',
    'https://' || 'app.uiscom.ru' || '/system/media/voice_mail/' || CAST(`c`.`communication_id` AS STRING) || '/'
  ) AS STRING) AS `voice_mail_links`,
  `c`.`full_record_file_link` AS `full_record_file_link`,
  CAST(NOT `c`.`sale_date` IS NULL OR NOT `c`.`sale_cost` IS NULL AS BOOL) AS `is_sale`,
  `c`.`sale_date` AS `sale_date`,
  `c`.`sale_cost` AS `revenue`,
  `c`.`user_id` AS `user_id`
FROM (
  SELECT
    `start_time` AS `start_time`,
    CAST(`id` AS INT64) AS `id`,
    CAST(`communication_id` AS INT64) AS `communication_id`,
    CAST(`first_answered_employee_id` AS INT64) AS `first_answered_employee_id`,
    CAST(`last_answered_employee_id` AS INT64) AS `last_answered_employee_id`,
    CAST(`wait_duration` AS INT64) AS `wait_duration`,
    CAST(`talk_duration` AS INT64) AS `talk_duration`,
    CAST(`total_duration` AS INT64) AS `total_duration`,
    CAST(`direction` AS STRING) AS `direction`,
    CAST(`contact_phone_number` AS STRING) AS `contact_phone_number`,
    CAST(`virtual_phone_number` AS STRING) AS `virtual_phone_number`,
    CAST(`first_answered_employee_full_name` AS STRING) AS `first_answered_employee_full_name`,
    CAST(`last_answered_employee_full_name` AS STRING) AS `last_answered_employee_full_name`,
    CAST(`site_domain_name` AS STRING) AS `site_domain_name`,
    CAST(`full_record_file_link` AS STRING) AS `full_record_file_link`,
    CAST(`is_lost` AS BOOL) AS `is_lost`,
    CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
    CAST(`campaign_name` AS STRING) AS `campaign_name`,
    CAST(`source_name` AS STRING) AS `source_name`,
    CAST(`utm_source` AS STRING) AS `utm_source`,
    CAST(`utm_medium` AS STRING) AS `utm_medium`,
    CAST(`utm_campaign` AS STRING) AS `utm_campaign`,
    CAST(`utm_term` AS STRING) AS `utm_term`,
    CAST(`utm_content` AS STRING) AS `utm_content`,
    CAST(`eq_utm_source` AS STRING) AS `eq_utm_source`,
    CAST(`eq_utm_medium` AS STRING) AS `eq_utm_medium`,
    CAST(`eq_utm_campaign` AS STRING) AS `eq_utm_campaign`,
    CAST(`eq_utm_term` AS STRING) AS `eq_utm_term`,
    CAST(`eq_utm_content` AS STRING) AS `eq_utm_content`,
    CAST(`communication_number` AS INT64) AS `communication_number`,
    CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
    CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
    CAST(NULL AS INT64) AS `user_id`
  FROM `project`.`uis_data`.`calls`
) AS `c`
WHERE
  NOT `c`.`finish_time` IS NULL;

-- missed_calls
SELECT
  `x`.`id` AS `id`,
  `x`.`start_time` AS `start_time`,
  CAST(DATETIME(`x`.`start_time`, 'Europe/Moscow') AS DATETIME) AS `local_start`,
  CAST(CAST(DATETIME(`x`.`start_time`, 'Europe/Moscow') AS DATE) AS DATE) AS `date`,
  CAST(EXTRACT(HOUR FROM DATETIME(`x`.`start_time`, 'Europe/Moscow')) AS INT64) AS `hour`,
  CAST((
    MOD(EXTRACT(DAYOFWEEK FROM DATETIME(`x`.`start_time`, 'Europe/Moscow')) + 5, 7) + 1
  ) AS INT64) AS `weekday`,
  `x`.`contact_phone_number` AS `contact_phone_number`,
  `x`.`virtual_phone_number` AS `virtual_phone_number`,
  `x`.`wait_seconds` AS `wait_seconds`,
  `x`.`campaign` AS `campaign`,
  `x`.`source` AS `source`,
  CAST(CASE
    WHEN `x`.`next_id` IS NULL
    THEN 'nobody'
    WHEN `x`.`next_direction` = 'out'
    THEN 'called_back'
    ELSE 'called_again'
  END AS STRING) AS `outcome`,
  CAST(CAST(TIMESTAMP_DIFF(`x`.`next_start`, `x`.`start_time`, SECOND) AS FLOAT64) / 60 AS FLOAT64) AS `minutes_until_talk`,
  CAST(COALESCE(TIMESTAMP_DIFF(`x`.`next_start`, `x`.`start_time`, SECOND) <= 60 * 20, FALSE) AS BOOL) AS `is_within_sla`,
  `x`.`next_id` AS `next_call_id`,
  `x`.`next_employee_id` AS `next_employee_id`,
  `x`.`next_employee` AS `next_employee`,
  `x`.`user_id` AS `user_id`
FROM (
  SELECT
    `m`.`id` AS `id`,
    `m`.`start_time` AS `start_time`,
    `m`.`contact_phone_number` AS `contact_phone_number`,
    `m`.`virtual_phone_number` AS `virtual_phone_number`,
    `m`.`wait_seconds` AS `wait_seconds`,
    `m`.`campaign` AS `campaign`,
    `m`.`source` AS `source`,
    `m`.`user_id` AS `user_id`,
    `n`.`id` AS `next_id`,
    `n`.`start_time` AS `next_start`,
    `n`.`direction` AS `next_direction`,
    `n`.`last_employee_id` AS `next_employee_id`,
    `n`.`last_employee` AS `next_employee`,
    ROW_NUMBER() OVER (
      PARTITION BY `m`.`start_time`, `m`.`id`, `m`.`user_id`
      ORDER BY `n`.`start_time` NULLS LAST, `n`.`id` NULLS LAST
    ) AS `place`
  FROM (
    SELECT
      `c`.`id` AS `id`,
      `c`.`start_time` AS `start_time`,
      CAST(`c`.`direction` = 'in' AND `c`.`is_lost` AS BOOL) AS `is_missed`,
      `c`.`contact_phone_number` AS `contact_phone_number`,
      `c`.`virtual_phone_number` AS `virtual_phone_number`,
      `c`.`wait_duration` AS `wait_seconds`,
      CAST(NULLIF(`c`.`campaign_name`, '') AS STRING) AS `campaign`,
      CAST(NULLIF(`c`.`source_name`, '') AS STRING) AS `source`,
      `c`.`user_id` AS `user_id`
    FROM (
      SELECT
        `start_time` AS `start_time`,
        CAST(`id` AS INT64) AS `id`,
        CAST(`wait_duration` AS INT64) AS `wait_duration`,
        CAST(`direction` AS STRING) AS `direction`,
        CAST(`contact_phone_number` AS STRING) AS `contact_phone_number`,
        CAST(`virtual_phone_number` AS STRING) AS `virtual_phone_number`,
        CAST(`is_lost` AS BOOL) AS `is_lost`,
        CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
        CAST(`campaign_name` AS STRING) AS `campaign_name`,
        CAST(`source_name` AS STRING) AS `source_name`,
        CAST(NULL AS INT64) AS `user_id`
      FROM `project`.`uis_data`.`calls`
    ) AS `c`
    WHERE
      NOT `c`.`finish_time` IS NULL
  ) AS `m`
  LEFT JOIN (
    SELECT
      `c`.`id` AS `id`,
      `c`.`start_time` AS `start_time`,
      `c`.`direction` AS `direction`,
      CAST(NOT `c`.`is_lost` AS BOOL) AS `is_answered`,
      `c`.`contact_phone_number` AS `contact_phone_number`,
      `c`.`last_answered_employee_id` AS `last_employee_id`,
      `c`.`last_answered_employee_full_name` AS `last_employee`
    FROM (
      SELECT
        `start_time` AS `start_time`,
        CAST(`id` AS INT64) AS `id`,
        CAST(`last_answered_employee_id` AS INT64) AS `last_answered_employee_id`,
        CAST(`direction` AS STRING) AS `direction`,
        CAST(`contact_phone_number` AS STRING) AS `contact_phone_number`,
        CAST(`last_answered_employee_full_name` AS STRING) AS `last_answered_employee_full_name`,
        CAST(`is_lost` AS BOOL) AS `is_lost`,
        CAST(`finish_time` AS TIMESTAMP) AS `finish_time`
      FROM `project`.`uis_data`.`calls`
    ) AS `c`
    WHERE
      NOT `c`.`finish_time` IS NULL
  ) AS `n`
    ON `n`.`contact_phone_number` = `m`.`contact_phone_number`
    AND `m`.`contact_phone_number` <> ''
    AND `n`.`is_answered`
    AND `n`.`start_time` > `m`.`start_time`
    AND `n`.`start_time` <= `m`.`start_time` + INTERVAL '7' DAY
  WHERE
    `m`.`is_missed`
) AS `x`
WHERE
  `x`.`place` = 1;

-- service_by_day
SELECT
  `d`.`start_time` AS `start_time`,
  `d`.`date` AS `date`,
  CAST((
    MOD(EXTRACT(DAYOFWEEK FROM `d`.`date`) + 5, 7) + 1
  ) AS INT64) AS `weekday`,
  CAST(COUNT(`c`.`id`) AS INT64) AS `calls`,
  CAST(COUNT(CASE WHEN `c`.`direction` = 'in' THEN 1 END) AS INT64) AS `incoming`,
  CAST(COUNT(CASE WHEN `c`.`direction` = 'in' AND `c`.`is_answered` THEN 1 END) AS INT64) AS `answered`,
  CAST(COUNT(CASE WHEN `c`.`is_missed` THEN 1 END) AS INT64) AS `missed`,
  CAST(CAST(COUNT(CASE WHEN `c`.`is_missed` THEN 1 END) AS FLOAT64) / NULLIF(COUNT(CASE WHEN `c`.`direction` = 'in' THEN 1 END), 0) AS FLOAT64) AS `missed_share`,
  CAST(COUNT(
    CASE
      WHEN `c`.`direction` = 'in' AND `c`.`is_answered` AND `c`.`wait_seconds` <= 20
      THEN 1
    END
  ) AS INT64) AS `answered_within_20s`,
  CAST(CAST(COUNT(
    CASE
      WHEN `c`.`direction` = 'in' AND `c`.`is_answered` AND `c`.`wait_seconds` <= 20
      THEN 1
    END
  ) AS FLOAT64) / NULLIF(COUNT(CASE WHEN `c`.`direction` = 'in' THEN 1 END), 0) AS FLOAT64) AS `answered_within_20s_share`,
  CAST(ARRAY_AGG(
    CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END IGNORE NULLS ORDER BY CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END
  )[SAFE_OFFSET(CAST(CEIL(0.5 * COUNT(CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END)) AS INT64) - 1)] AS INT64) AS `median_wait_seconds`,
  CAST(ARRAY_AGG(
    CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END IGNORE NULLS ORDER BY CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END
  )[SAFE_OFFSET(CAST(CEIL(0.9 * COUNT(CASE WHEN `c`.`direction` = 'in' THEN `c`.`wait_seconds` END)) AS INT64) - 1)] AS INT64) AS `p90_wait_seconds`,
  CAST(CAST(SUM(
    CASE WHEN `c`.`direction` = 'in' AND `c`.`is_answered` THEN `c`.`talk_seconds` END
  ) AS FLOAT64) / COUNT(
    CASE WHEN `c`.`direction` = 'in' AND `c`.`is_answered` THEN `c`.`talk_seconds` END
  ) AS FLOAT64) AS `mean_talk_seconds`,
  `c`.`user_id` AS `user_id`
FROM (
  SELECT
    `day` AS `date`,
    TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
  FROM UNNEST(GENERATE_DATE_ARRAY(
    (
      SELECT
        DATE(MIN(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`calls`
    ),
    (
      SELECT
        DATE(MAX(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`calls`
    ),
    INTERVAL '1' DAY
  )) AS `day`
) AS `d`
JOIN (
  SELECT
    `c`.`id` AS `id`,
    `c`.`start_time` AS `start_time`,
    `c`.`direction` AS `direction`,
    CAST(NOT `c`.`is_lost` AS BOOL) AS `is_answered`,
    CAST(`c`.`direction` = 'in' AND `c`.`is_lost` AS BOOL) AS `is_missed`,
    `c`.`wait_duration` AS `wait_seconds`,
    `c`.`talk_duration` AS `talk_seconds`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `start_time` AS `start_time`,
      CAST(`id` AS INT64) AS `id`,
      CAST(`wait_duration` AS INT64) AS `wait_duration`,
      CAST(`talk_duration` AS INT64) AS `talk_duration`,
      CAST(`direction` AS STRING) AS `direction`,
      CAST(`is_lost` AS BOOL) AS `is_lost`,
      CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`calls`
  ) AS `c`
  WHERE
    NOT `c`.`finish_time` IS NULL
) AS `c`
  ON (
    DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
  )
GROUP BY
  `d`.`start_time`,
  `d`.`date`,
  `c`.`user_id`;

-- employees_by_day
SELECT
  `x`.`start_time` AS `start_time`,
  `x`.`date` AS `date`,
  `x`.`employee_id` AS `employee_id`,
  CAST(MAX(`x`.`employee`) AS STRING) AS `employee`,
  CAST(COUNT(CASE WHEN `x`.`direction` = 'in' THEN 1 END) AS INT64) AS `offered`,
  CAST(COUNT(CASE WHEN `x`.`direction` = 'in' AND `x`.`is_answered` THEN 1 END) AS INT64) AS `answered`,
  CAST(COUNT(CASE WHEN `x`.`direction` = 'in' AND `x`.`is_talked` THEN 1 END) AS INT64) AS `talked`,
  CAST(CAST(COUNT(CASE WHEN `x`.`direction` = 'in' AND `x`.`is_answered` THEN 1 END) AS FLOAT64) / NULLIF(COUNT(CASE WHEN `x`.`direction` = 'in' THEN 1 END), 0) AS FLOAT64) AS `answered_share`,
  CAST(COUNT(CASE WHEN `x`.`direction` = 'out' THEN 1 END) AS INT64) AS `outgoing`,
  CAST(COALESCE(SUM(`x`.`talk_seconds`), 0) AS INT64) AS `talk_seconds`,
  `x`.`user_id` AS `user_id`
FROM (
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    `c`.`user_id` AS `user_id`,
    `e`.`employee_id` AS `employee_id`,
    MAX(`e`.`employee_full_name`) AS `employee`,
    MAX(`c`.`direction`) AS `direction`,
    LOGICAL_OR(`e`.`is_answered`) AS `is_answered`,
    LOGICAL_OR(`e`.`is_talked`) AS `is_talked`,
    CAST(NULL AS INT64) AS `talk_seconds`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      (
        SELECT
          DATE(MAX(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `c`.`id` AS `id`,
      `c`.`start_time` AS `start_time`,
      `c`.`direction` AS `direction`,
      `c`.`user_id` AS `user_id`
    FROM (
      SELECT
        `start_time` AS `start_time`,
        CAST(`id` AS INT64) AS `id`,
        CAST(`direction` AS STRING) AS `direction`,
        CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
        CAST(NULL AS INT64) AS `user_id`
      FROM `project`.`uis_data`.`calls`
    ) AS `c`
    WHERE
      NOT `c`.`finish_time` IS NULL
  ) AS `c`
    ON (
      DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
    )
  JOIN (
    SELECT
      `call_start_time` AS `call_start_time`,
      CAST(`call_id` AS INT64) AS `call_id`,
      CAST(`employee_id` AS INT64) AS `employee_id`,
      CAST(`employee_full_name` AS STRING) AS `employee_full_name`,
      CAST(`is_answered` AS BOOL) AS `is_answered`,
      CAST(`is_talked` AS BOOL) AS `is_talked`
    FROM `project`.`uis_data`.`calls__employees`
  ) AS `e`
    ON `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
  WHERE
    NOT `e`.`employee_id` IS NULL
  GROUP BY
    `d`.`start_time`,
    `d`.`date`,
    `c`.`user_id`,
    `c`.`id`,
    `e`.`employee_id`
  UNION ALL
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    `c`.`user_id` AS `user_id`,
    `c`.`last_talked_employee_id` AS `employee_id`,
    `c`.`last_talked_employee_full_name` AS `employee`,
    NULL AS `direction`,
    NULL AS `is_answered`,
    NULL AS `is_talked`,
    `c`.`talk_duration` AS `talk_seconds`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      (
        SELECT
          DATE(MAX(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `start_time` AS `start_time`,
      CAST(`last_talked_employee_id` AS INT64) AS `last_talked_employee_id`,
      CAST(`talk_duration` AS INT64) AS `talk_duration`,
      CAST(`last_talked_employee_full_name` AS STRING) AS `last_talked_employee_full_name`,
      CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`calls`
  ) AS `c`
    ON (
      DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
    )
  WHERE
    NOT `c`.`last_talked_employee_id` IS NULL AND (
      NOT `c`.`finish_time` IS NULL
    )
) AS `x`
GROUP BY
  `x`.`start_time`,
  `x`.`date`,
  `x`.`employee_id`,
  `x`.`user_id`;

-- sources_by_day
SELECT
  `d`.`start_time` AS `start_time`,
  `d`.`date` AS `date`,
  `c`.`campaign` AS `campaign`,
  `c`.`source` AS `source`,
  `c`.`utm_source` AS `utm_source`,
  `c`.`utm_medium` AS `utm_medium`,
  `c`.`utm_campaign` AS `utm_campaign`,
  CAST(COUNT(`c`.`id`) AS INT64) AS `calls`,
  CAST(COUNT(CASE WHEN `c`.`is_first` THEN 1 END) AS INT64) AS `first_calls`,
  CAST(COUNT(CASE WHEN `c`.`is_target` THEN 1 END) AS INT64) AS `target_calls`,
  CAST(COUNT(CASE WHEN `c`.`is_missed` THEN 1 END) AS INT64) AS `missed`,
  CAST(COUNT(CASE WHEN `c`.`is_sale` THEN 1 END) AS INT64) AS `sales`,
  CAST(COALESCE(SUM(`c`.`revenue`), 0) AS NUMERIC) AS `revenue`,
  `c`.`user_id` AS `user_id`
FROM (
  SELECT
    `day` AS `date`,
    TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
  FROM UNNEST(GENERATE_DATE_ARRAY(
    (
      SELECT
        DATE(MIN(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`calls`
    ),
    (
      SELECT
        DATE(MAX(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`calls`
    ),
    INTERVAL '1' DAY
  )) AS `day`
) AS `d`
JOIN (
  SELECT
    `c`.`id` AS `id`,
    `c`.`start_time` AS `start_time`,
    CAST(`c`.`direction` = 'in' AND `c`.`is_lost` AS BOOL) AS `is_missed`,
    CAST(NULLIF(`c`.`campaign_name`, '') AS STRING) AS `campaign`,
    CAST(NULLIF(`c`.`source_name`, '') AS STRING) AS `source`,
    CAST(COALESCE(NULLIF(`c`.`utm_source`, ''), NULLIF(`c`.`eq_utm_source`, '')) AS STRING) AS `utm_source`,
    CAST(COALESCE(NULLIF(`c`.`utm_medium`, ''), NULLIF(`c`.`eq_utm_medium`, '')) AS STRING) AS `utm_medium`,
    CAST(COALESCE(NULLIF(`c`.`utm_campaign`, ''), NULLIF(`c`.`eq_utm_campaign`, '')) AS STRING) AS `utm_campaign`,
    CAST(`c`.`communication_number` = 1 AS BOOL) AS `is_first`,
    CAST(COALESCE(
      (
        SELECT
          COUNT(`e`.`value`)
        FROM (
          SELECT
            `call_start_time` AS `call_start_time`,
            CAST(`call_id` AS INT64) AS `call_id`,
            CAST(`value` AS STRING) AS `value`
          FROM `project`.`uis_data`.`calls__attributes`
        ) AS `e`
        WHERE
          (
            `e`.`call_id` = `c`.`id` AND `e`.`call_start_time` = `c`.`start_time`
          )
          AND `e`.`value` = 'target'
      ),
      0
    ) > 0 AS BOOL) AS `is_target`,
    CAST(NOT `c`.`sale_date` IS NULL OR NOT `c`.`sale_cost` IS NULL AS BOOL) AS `is_sale`,
    `c`.`sale_cost` AS `revenue`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `start_time` AS `start_time`,
      CAST(`id` AS INT64) AS `id`,
      CAST(`direction` AS STRING) AS `direction`,
      CAST(`is_lost` AS BOOL) AS `is_lost`,
      CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
      CAST(`campaign_name` AS STRING) AS `campaign_name`,
      CAST(`source_name` AS STRING) AS `source_name`,
      CAST(`utm_source` AS STRING) AS `utm_source`,
      CAST(`utm_medium` AS STRING) AS `utm_medium`,
      CAST(`utm_campaign` AS STRING) AS `utm_campaign`,
      CAST(`eq_utm_source` AS STRING) AS `eq_utm_source`,
      CAST(`eq_utm_medium` AS STRING) AS `eq_utm_medium`,
      CAST(`eq_utm_campaign` AS STRING) AS `eq_utm_campaign`,
      CAST(`communication_number` AS INT64) AS `communication_number`,
      CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
      CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`calls`
  ) AS `c`
  WHERE
    NOT `c`.`finish_time` IS NULL
) AS `c`
  ON (
    DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
  )
GROUP BY
  `d`.`start_time`,
  `d`.`date`,
  `c`.`campaign`,
  `c`.`source`,
  `c`.`utm_source`,
  `c`.`utm_medium`,
  `c`.`utm_campaign`,
  `c`.`user_id`;

-- hours
SELECT
  `x`.`start_time` AS `start_time`,
  `x`.`date` AS `date`,
  CAST((
    MOD(EXTRACT(DAYOFWEEK FROM `x`.`date`) + 5, 7) + 1
  ) AS INT64) AS `weekday`,
  `x`.`hour` AS `hour`,
  CAST(COUNT(`x`.`hour`) AS INT64) AS `calls`,
  CAST(COUNT(CASE WHEN `x`.`direction` = 'in' THEN 1 END) AS INT64) AS `incoming`,
  CAST(COUNT(CASE WHEN `x`.`is_missed` THEN 1 END) AS INT64) AS `missed`,
  CAST(CAST(COUNT(CASE WHEN `x`.`is_missed` THEN 1 END) AS FLOAT64) / NULLIF(COUNT(CASE WHEN `x`.`direction` = 'in' THEN 1 END), 0) AS FLOAT64) AS `missed_share`,
  CAST(MAX(`x`.`lines`) AS INT64) AS `lines_needed`,
  `x`.`user_id` AS `user_id`
FROM (
  SELECT
    `e`.`start_time` AS `start_time`,
    `e`.`date` AS `date`,
    `e`.`user_id` AS `user_id`,
    `e`.`hour` AS `hour`,
    `e`.`direction` AS `direction`,
    `e`.`is_missed` AS `is_missed`,
    SUM(`e`.`change`) OVER (
      PARTITION BY `e`.`start_time`, `e`.`user_id`
      ORDER BY `e`.`at`, `e`.`change`
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS `lines`
  FROM (
    SELECT
      `d`.`start_time` AS `start_time`,
      `d`.`date` AS `date`,
      `c`.`user_id` AS `user_id`,
      `c`.`hour` AS `hour`,
      `c`.`direction` AS `direction`,
      `c`.`is_missed` AS `is_missed`,
      `c`.`start_time` AS `at`,
      1 AS `change`
    FROM (
      SELECT
        `day` AS `date`,
        TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
      FROM UNNEST(GENERATE_DATE_ARRAY(
        (
          SELECT
            DATE(MIN(`start_time`), 'Europe/Moscow')
          FROM `project`.`uis_data`.`calls`
        ),
        (
          SELECT
            DATE(MAX(`start_time`), 'Europe/Moscow')
          FROM `project`.`uis_data`.`calls`
        ),
        INTERVAL '1' DAY
      )) AS `day`
    ) AS `d`
    JOIN (
      SELECT
        `c`.`start_time` AS `start_time`,
        CAST(EXTRACT(HOUR FROM DATETIME(`c`.`start_time`, 'Europe/Moscow')) AS INT64) AS `hour`,
        `c`.`direction` AS `direction`,
        CAST(`c`.`direction` = 'in' AND `c`.`is_lost` AS BOOL) AS `is_missed`,
        `c`.`user_id` AS `user_id`
      FROM (
        SELECT
          `start_time` AS `start_time`,
          CAST(`direction` AS STRING) AS `direction`,
          CAST(`is_lost` AS BOOL) AS `is_lost`,
          CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
          CAST(NULL AS INT64) AS `user_id`
        FROM `project`.`uis_data`.`calls`
      ) AS `c`
      WHERE
        NOT `c`.`finish_time` IS NULL
    ) AS `c`
      ON (
        DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
      )
    UNION ALL
    SELECT
      `d`.`start_time` AS `start_time`,
      `d`.`date` AS `date`,
      `c`.`user_id` AS `user_id`,
      NULL AS `hour`,
      NULL AS `direction`,
      NULL AS `is_missed`,
      `c`.`finish_time` AS `at`,
      -1 AS `change`
    FROM (
      SELECT
        `day` AS `date`,
        TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
      FROM UNNEST(GENERATE_DATE_ARRAY(
        (
          SELECT
            DATE(MIN(`start_time`), 'Europe/Moscow')
          FROM `project`.`uis_data`.`calls`
        ),
        (
          SELECT
            DATE(MAX(`start_time`), 'Europe/Moscow')
          FROM `project`.`uis_data`.`calls`
        ),
        INTERVAL '1' DAY
      )) AS `day`
    ) AS `d`
    JOIN (
      SELECT
        `c`.`start_time` AS `start_time`,
        `c`.`finish_time` AS `finish_time`,
        `c`.`user_id` AS `user_id`
      FROM (
        SELECT
          `start_time` AS `start_time`,
          CAST(`finish_time` AS TIMESTAMP) AS `finish_time`,
          CAST(NULL AS INT64) AS `user_id`
        FROM `project`.`uis_data`.`calls`
      ) AS `c`
      WHERE
        NOT `c`.`finish_time` IS NULL
    ) AS `c`
      ON (
        DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
      )
  ) AS `e`
) AS `x`
WHERE
  NOT `x`.`hour` IS NULL
GROUP BY
  `x`.`start_time`,
  `x`.`date`,
  `x`.`hour`,
  `x`.`user_id`;

-- communications_by_day
SELECT
  `x`.`start_time` AS `start_time`,
  `x`.`date` AS `date`,
  `x`.`communication_type` AS `communication_type`,
  `x`.`campaign` AS `campaign`,
  `x`.`source` AS `source`,
  CAST(COUNT(`x`.`date`) AS INT64) AS `communications`,
  CAST(COUNT(CASE WHEN `x`.`number` = 1 THEN 1 END) AS INT64) AS `first_communications`,
  CAST(COUNT(CASE WHEN NOT `x`.`sale_date` IS NULL OR NOT `x`.`sale_cost` IS NULL THEN 1 END) AS INT64) AS `sales`,
  CAST(COALESCE(SUM(`x`.`sale_cost`), 0) AS NUMERIC) AS `revenue`,
  `x`.`user_id` AS `user_id`
FROM (
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    'call' AS `communication_type`,
    NULLIF(`c`.`campaign_name`, '') AS `campaign`,
    NULLIF(`c`.`source_name`, '') AS `source`,
    `c`.`communication_number` AS `number`,
    `c`.`sale_date` AS `sale_date`,
    `c`.`sale_cost` AS `sale_cost`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      (
        SELECT
          DATE(MAX(`start_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`calls`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `start_time` AS `start_time`,
      CAST(`direction` AS STRING) AS `direction`,
      CAST(`campaign_name` AS STRING) AS `campaign_name`,
      CAST(`source_name` AS STRING) AS `source_name`,
      CAST(`communication_number` AS INT64) AS `communication_number`,
      CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
      CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`calls`
  ) AS `c`
    ON (
      DATE(`c`.`start_time`, 'Europe/Moscow') = `d`.`date`
    )
  WHERE
    `c`.`direction` = 'in'
  UNION ALL
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    'chat' AS `communication_type`,
    NULLIF(`c`.`campaign_name`, '') AS `campaign`,
    NULLIF(`c`.`source_name`, '') AS `source`,
    `c`.`communication_number` AS `number`,
    `c`.`sale_date` AS `sale_date`,
    `c`.`sale_cost` AS `sale_cost`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`chats`
      ),
      (
        SELECT
          DATE(MAX(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`chats`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `date_time` AS `date_time`,
      CAST(`campaign_name` AS STRING) AS `campaign_name`,
      CAST(`source_name` AS STRING) AS `source_name`,
      CAST(`communication_number` AS INT64) AS `communication_number`,
      CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
      CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`chats`
  ) AS `c`
    ON (
      DATE(`c`.`date_time`, 'Europe/Moscow') = `d`.`date`
    )
  WHERE
    TRUE
  UNION ALL
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    'offline_message' AS `communication_type`,
    NULLIF(`c`.`campaign_name`, '') AS `campaign`,
    NULLIF(`c`.`source_name`, '') AS `source`,
    `c`.`communication_number` AS `number`,
    `c`.`sale_date` AS `sale_date`,
    `c`.`sale_cost` AS `sale_cost`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`offline_messages`
      ),
      (
        SELECT
          DATE(MAX(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`offline_messages`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `date_time` AS `date_time`,
      CAST(`campaign_name` AS STRING) AS `campaign_name`,
      CAST(`source_name` AS STRING) AS `source_name`,
      CAST(`communication_number` AS INT64) AS `communication_number`,
      CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
      CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`offline_messages`
  ) AS `c`
    ON (
      DATE(`c`.`date_time`, 'Europe/Moscow') = `d`.`date`
    )
  WHERE
    TRUE
  UNION ALL
  SELECT
    `d`.`start_time` AS `start_time`,
    `d`.`date` AS `date`,
    `c`.`communication_type` AS `communication_type`,
    NULLIF(`c`.`campaign_name`, '') AS `campaign`,
    NULLIF(`c`.`source_name`, '') AS `source`,
    `c`.`communication_number` AS `number`,
    `c`.`sale_date` AS `sale_date`,
    `c`.`sale_cost` AS `sale_cost`,
    `c`.`user_id` AS `user_id`
  FROM (
    SELECT
      `day` AS `date`,
      TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
    FROM UNNEST(GENERATE_DATE_ARRAY(
      (
        SELECT
          DATE(MIN(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`communications`
      ),
      (
        SELECT
          DATE(MAX(`date_time`), 'Europe/Moscow')
        FROM `project`.`uis_data`.`communications`
      ),
      INTERVAL '1' DAY
    )) AS `day`
  ) AS `d`
  JOIN (
    SELECT
      `date_time` AS `date_time`,
      CAST(`communication_type` AS STRING) AS `communication_type`,
      CAST(`campaign_name` AS STRING) AS `campaign_name`,
      CAST(`source_name` AS STRING) AS `source_name`,
      CAST(`communication_number` AS INT64) AS `communication_number`,
      CAST(`sale_date` AS TIMESTAMP) AS `sale_date`,
      CAST(`sale_cost` AS NUMERIC) AS `sale_cost`,
      CAST(NULL AS INT64) AS `user_id`
    FROM `project`.`uis_data`.`communications`
  ) AS `c`
    ON (
      DATE(`c`.`date_time`, 'Europe/Moscow') = `d`.`date`
    )
  WHERE
    NOT (
      (
        `c`.`communication_type` = 'call'
      )
      OR (
        `c`.`communication_type` = 'chat'
      )
      OR (
        `c`.`communication_type` = 'offline_message'
      )
    )
) AS `x`
GROUP BY
  `x`.`start_time`,
  `x`.`date`,
  `x`.`communication_type`,
  `x`.`campaign`,
  `x`.`source`,
  `x`.`user_id`;

-- legs_by_employee
SELECT
  `d`.`start_time` AS `start_time`,
  `d`.`date` AS `date`,
  `g`.`employee_id` AS `employee_id`,
  CAST(MAX(`g`.`employee_full_name`) AS STRING) AS `employee`,
  CAST(COUNT(`g`.`id`) AS INT64) AS `legs`,
  CAST(COUNT(CASE WHEN `g`.`duration` > 0 THEN 1 END) AS INT64) AS `talked`,
  CAST(CAST(COUNT(CASE WHEN `g`.`duration` > 0 THEN 1 END) AS FLOAT64) / NULLIF(COUNT(`g`.`id`), 0) AS FLOAT64) AS `talked_share`,
  CAST(SUM(`g`.`total_duration` - `g`.`duration`) AS INT64) AS `ring_seconds`,
  CAST(SUM(`g`.`duration`) AS INT64) AS `talk_seconds`,
  `g`.`user_id` AS `user_id`
FROM (
  SELECT
    `day` AS `date`,
    TIMESTAMP(DATETIME(`day`), 'Europe/Moscow') AS `start_time`
  FROM UNNEST(GENERATE_DATE_ARRAY(
    (
      SELECT
        DATE(MIN(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`call_legs`
    ),
    (
      SELECT
        DATE(MAX(`start_time`), 'Europe/Moscow')
      FROM `project`.`uis_data`.`call_legs`
    ),
    INTERVAL '1' DAY
  )) AS `day`
) AS `d`
JOIN (
  SELECT
    `start_time` AS `start_time`,
    CAST(`id` AS INT64) AS `id`,
    CAST(`employee_id` AS INT64) AS `employee_id`,
    CAST(`duration` AS INT64) AS `duration`,
    CAST(`total_duration` AS INT64) AS `total_duration`,
    CAST(`employee_full_name` AS STRING) AS `employee_full_name`,
    CAST(`is_operator` AS BOOL) AS `is_operator`,
    CAST(NULL AS INT64) AS `user_id`
  FROM `project`.`uis_data`.`call_legs`
) AS `g`
  ON (
    DATE(`g`.`start_time`, 'Europe/Moscow') = `d`.`date`
  )
WHERE
  NOT `g`.`employee_id` IS NULL AND (
    `g`.`is_operator`
  )
GROUP BY
  `d`.`start_time`,
  `d`.`date`,
  `g`.`employee_id`,
  `g`.`user_id`;

