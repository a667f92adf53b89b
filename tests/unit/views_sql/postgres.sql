-- call_facts
SELECT
  "c"."id" AS "id",
  "c"."start_time" AS "start_time",
  "c"."finish_time" AS "finish_time",
  CAST((
    "c"."start_time" AT TIME ZONE 'Europe/Moscow'
  ) AS TIMESTAMP) AS "local_start",
  CAST(CAST((
    "c"."start_time" AT TIME ZONE 'Europe/Moscow'
  ) AS DATE) AS DATE) AS "date",
  CAST(EXTRACT(HOUR FROM (
    "c"."start_time" AT TIME ZONE 'Europe/Moscow'
  )) AS BIGINT) AS "hour",
  CAST(EXTRACT(ISODOW FROM (
    "c"."start_time" AT TIME ZONE 'Europe/Moscow'
  )) AS BIGINT) AS "weekday",
  "c"."direction" AS "direction",
  CAST(NOT "c"."is_lost" AS BOOLEAN) AS "is_answered",
  CAST("c"."direction" = 'in' AND "c"."is_lost" AS BOOLEAN) AS "is_missed",
  "c"."contact_phone_number" AS "contact_phone_number",
  "c"."virtual_phone_number" AS "virtual_phone_number",
  "c"."first_answered_employee_id" AS "first_employee_id",
  "c"."first_answered_employee_full_name" AS "first_employee",
  "c"."last_answered_employee_id" AS "last_employee_id",
  "c"."last_answered_employee_full_name" AS "last_employee",
  "c"."wait_duration" AS "wait_seconds",
  "c"."talk_duration" AS "talk_seconds",
  "c"."total_duration" AS "total_seconds",
  CAST(NULLIF("c"."campaign_name", '') AS TEXT) AS "campaign",
  CAST(NULLIF("c"."source_name", '') AS TEXT) AS "source",
  CAST(NULLIF("c"."site_domain_name", '') AS TEXT) AS "site",
  CAST(COALESCE(NULLIF("c"."utm_source", ''), NULLIF("c"."eq_utm_source", '')) AS TEXT) AS "utm_source",
  CAST(COALESCE(NULLIF("c"."utm_medium", ''), NULLIF("c"."eq_utm_medium", '')) AS TEXT) AS "utm_medium",
  CAST(COALESCE(NULLIF("c"."utm_campaign", ''), NULLIF("c"."eq_utm_campaign", '')) AS TEXT) AS "utm_campaign",
  CAST(COALESCE(NULLIF("c"."utm_term", ''), NULLIF("c"."eq_utm_term", '')) AS TEXT) AS "utm_term",
  CAST(COALESCE(NULLIF("c"."utm_content", ''), NULLIF("c"."eq_utm_content", '')) AS TEXT) AS "utm_content",
  CAST("c"."communication_number" = 1 AS BOOLEAN) AS "is_first",
  CAST(COALESCE(
    (
      SELECT
        COUNT("e"."value")
      FROM (
        SELECT
          "call_start_time" AS "call_start_time",
          CAST("call_id" AS BIGINT) AS "call_id",
          CAST("value" AS TEXT) AS "value"
        FROM "uis_data"."calls__attributes"
      ) AS "e"
      WHERE
        (
          "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
        )
        AND "e"."value" = 'target'
    ),
    0
  ) > 0 AS BOOLEAN) AS "is_target",
  CAST((
    SELECT
      STRING_AGG("e"."tag_name", ', '
      ORDER BY
        "e"."position")
    FROM (
      SELECT
        "call_start_time" AS "call_start_time",
        CAST("call_id" AS BIGINT) AS "call_id",
        CAST("position" AS BIGINT) AS "position",
        CAST("tag_name" AS TEXT) AS "tag_name"
      FROM "uis_data"."calls__tags"
    ) AS "e"
    WHERE
      (
        "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
      )
      AND "e"."position" < 5
  ) AS TEXT) AS "tags",
  CAST(REPLACE(
    (
      SELECT
        STRING_AGG('@' || "e"."value" || '/', ' '
        ORDER BY
          "e"."position")
      FROM (
        SELECT
          "call_start_time" AS "call_start_time",
          CAST("call_id" AS BIGINT) AS "call_id",
          CAST("position" AS BIGINT) AS "position",
          CAST("value" AS TEXT) AS "value"
        FROM "uis_data"."calls__call_records"
      ) AS "e"
      WHERE
        "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
    ),
    '@',
    'https://' || 'app.uiscom.ru' || '/system/media/talk/' || CAST("c"."communication_id" AS TEXT) || '/'
  ) AS TEXT) AS "recording_links",
  CAST(REPLACE(
    (
      SELECT
        STRING_AGG('@' || "e"."value" || '/', ' '
        ORDER BY
          "e"."position")
      FROM (
        SELECT
          "call_start_time" AS "call_start_time",
          CAST("call_id" AS BIGINT) AS "call_id",
          CAST("position" AS BIGINT) AS "position",
          CAST("value" AS TEXT) AS "value"
        FROM "uis_data"."calls__voice_mail_records"
      ) AS "e"
      WHERE
        "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
    ),
    '@',
    'https://' || 'app.uiscom.ru' || '/system/media/voice_mail/' || CAST("c"."communication_id" AS TEXT) || '/'
  ) AS TEXT) AS "voice_mail_links",
  "c"."full_record_file_link" AS "full_record_file_link",
  CAST(NOT "c"."sale_date" IS NULL OR NOT "c"."sale_cost" IS NULL AS BOOLEAN) AS "is_sale",
  "c"."sale_date" AS "sale_date",
  "c"."sale_cost" AS "revenue",
  "c"."user_id" AS "user_id"
FROM (
  SELECT
    "start_time" AS "start_time",
    CAST("id" AS BIGINT) AS "id",
    CAST("communication_id" AS BIGINT) AS "communication_id",
    CAST("first_answered_employee_id" AS BIGINT) AS "first_answered_employee_id",
    CAST("last_answered_employee_id" AS BIGINT) AS "last_answered_employee_id",
    CAST("wait_duration" AS BIGINT) AS "wait_duration",
    CAST("talk_duration" AS BIGINT) AS "talk_duration",
    CAST("total_duration" AS BIGINT) AS "total_duration",
    CAST("direction" AS TEXT) AS "direction",
    CAST("contact_phone_number" AS TEXT) AS "contact_phone_number",
    CAST("virtual_phone_number" AS TEXT) AS "virtual_phone_number",
    CAST("first_answered_employee_full_name" AS TEXT) AS "first_answered_employee_full_name",
    CAST("last_answered_employee_full_name" AS TEXT) AS "last_answered_employee_full_name",
    CAST("site_domain_name" AS TEXT) AS "site_domain_name",
    CAST("full_record_file_link" AS TEXT) AS "full_record_file_link",
    CAST("is_lost" AS BOOLEAN) AS "is_lost",
    CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
    CAST("campaign_name" AS TEXT) AS "campaign_name",
    CAST("source_name" AS TEXT) AS "source_name",
    CAST("utm_source" AS TEXT) AS "utm_source",
    CAST("utm_medium" AS TEXT) AS "utm_medium",
    CAST("utm_campaign" AS TEXT) AS "utm_campaign",
    CAST("utm_term" AS TEXT) AS "utm_term",
    CAST("utm_content" AS TEXT) AS "utm_content",
    CAST("eq_utm_source" AS TEXT) AS "eq_utm_source",
    CAST("eq_utm_medium" AS TEXT) AS "eq_utm_medium",
    CAST("eq_utm_campaign" AS TEXT) AS "eq_utm_campaign",
    CAST("eq_utm_term" AS TEXT) AS "eq_utm_term",
    CAST("eq_utm_content" AS TEXT) AS "eq_utm_content",
    CAST("communication_number" AS BIGINT) AS "communication_number",
    CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
    CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
    CAST(NULL AS BIGINT) AS "user_id"
  FROM "uis_data"."calls"
) AS "c"
WHERE
  NOT "c"."finish_time" IS NULL;

-- missed_calls
SELECT
  "x"."id" AS "id",
  "x"."start_time" AS "start_time",
  CAST((
    "x"."start_time" AT TIME ZONE 'Europe/Moscow'
  ) AS TIMESTAMP) AS "local_start",
  CAST(CAST((
    "x"."start_time" AT TIME ZONE 'Europe/Moscow'
  ) AS DATE) AS DATE) AS "date",
  CAST(EXTRACT(HOUR FROM (
    "x"."start_time" AT TIME ZONE 'Europe/Moscow'
  )) AS BIGINT) AS "hour",
  CAST(EXTRACT(ISODOW FROM (
    "x"."start_time" AT TIME ZONE 'Europe/Moscow'
  )) AS BIGINT) AS "weekday",
  "x"."contact_phone_number" AS "contact_phone_number",
  "x"."virtual_phone_number" AS "virtual_phone_number",
  "x"."wait_seconds" AS "wait_seconds",
  "x"."campaign" AS "campaign",
  "x"."source" AS "source",
  CAST(CASE
    WHEN "x"."next_id" IS NULL
    THEN 'nobody'
    WHEN "x"."next_direction" = 'out'
    THEN 'called_back'
    ELSE 'called_again'
  END AS TEXT) AS "outcome",
  CAST(CAST(CAST(EXTRACT(EPOCH FROM "x"."next_start" - "x"."start_time") AS BIGINT) AS DOUBLE PRECISION) / 60 AS DOUBLE PRECISION) AS "minutes_until_talk",
  CAST(COALESCE(
    CAST(EXTRACT(EPOCH FROM "x"."next_start" - "x"."start_time") AS BIGINT) <= 60 * 20,
    FALSE
  ) AS BOOLEAN) AS "is_within_sla",
  "x"."next_id" AS "next_call_id",
  "x"."next_employee_id" AS "next_employee_id",
  "x"."next_employee" AS "next_employee",
  "x"."user_id" AS "user_id"
FROM (
  SELECT
    "m"."id" AS "id",
    "m"."start_time" AS "start_time",
    "m"."contact_phone_number" AS "contact_phone_number",
    "m"."virtual_phone_number" AS "virtual_phone_number",
    "m"."wait_seconds" AS "wait_seconds",
    "m"."campaign" AS "campaign",
    "m"."source" AS "source",
    "m"."user_id" AS "user_id",
    "n"."id" AS "next_id",
    "n"."start_time" AS "next_start",
    "n"."direction" AS "next_direction",
    "n"."last_employee_id" AS "next_employee_id",
    "n"."last_employee" AS "next_employee",
    ROW_NUMBER() OVER (
      PARTITION BY "m"."start_time", "m"."id", "m"."user_id"
      ORDER BY "n"."start_time", "n"."id"
    ) AS "place"
  FROM (
    SELECT
      "c"."id" AS "id",
      "c"."start_time" AS "start_time",
      CAST("c"."direction" = 'in' AND "c"."is_lost" AS BOOLEAN) AS "is_missed",
      "c"."contact_phone_number" AS "contact_phone_number",
      "c"."virtual_phone_number" AS "virtual_phone_number",
      "c"."wait_duration" AS "wait_seconds",
      CAST(NULLIF("c"."campaign_name", '') AS TEXT) AS "campaign",
      CAST(NULLIF("c"."source_name", '') AS TEXT) AS "source",
      "c"."user_id" AS "user_id"
    FROM (
      SELECT
        "start_time" AS "start_time",
        CAST("id" AS BIGINT) AS "id",
        CAST("wait_duration" AS BIGINT) AS "wait_duration",
        CAST("direction" AS TEXT) AS "direction",
        CAST("contact_phone_number" AS TEXT) AS "contact_phone_number",
        CAST("virtual_phone_number" AS TEXT) AS "virtual_phone_number",
        CAST("is_lost" AS BOOLEAN) AS "is_lost",
        CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
        CAST("campaign_name" AS TEXT) AS "campaign_name",
        CAST("source_name" AS TEXT) AS "source_name",
        CAST(NULL AS BIGINT) AS "user_id"
      FROM "uis_data"."calls"
    ) AS "c"
    WHERE
      NOT "c"."finish_time" IS NULL
  ) AS "m"
  LEFT JOIN (
    SELECT
      "c"."id" AS "id",
      "c"."start_time" AS "start_time",
      "c"."direction" AS "direction",
      CAST(NOT "c"."is_lost" AS BOOLEAN) AS "is_answered",
      "c"."contact_phone_number" AS "contact_phone_number",
      "c"."last_answered_employee_id" AS "last_employee_id",
      "c"."last_answered_employee_full_name" AS "last_employee"
    FROM (
      SELECT
        "start_time" AS "start_time",
        CAST("id" AS BIGINT) AS "id",
        CAST("last_answered_employee_id" AS BIGINT) AS "last_answered_employee_id",
        CAST("direction" AS TEXT) AS "direction",
        CAST("contact_phone_number" AS TEXT) AS "contact_phone_number",
        CAST("last_answered_employee_full_name" AS TEXT) AS "last_answered_employee_full_name",
        CAST("is_lost" AS BOOLEAN) AS "is_lost",
        CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time"
      FROM "uis_data"."calls"
    ) AS "c"
    WHERE
      NOT "c"."finish_time" IS NULL
  ) AS "n"
    ON "n"."contact_phone_number" = "m"."contact_phone_number"
    AND "m"."contact_phone_number" <> ''
    AND "n"."is_answered"
    AND "n"."start_time" > "m"."start_time"
    AND "n"."start_time" <= "m"."start_time" + INTERVAL '7 DAY'
  WHERE
    "m"."is_missed"
) AS "x"
WHERE
  "x"."place" = 1;

-- service_by_day
SELECT
  "d"."start_time" AS "start_time",
  "d"."date" AS "date",
  CAST(EXTRACT(ISODOW FROM "d"."date") AS BIGINT) AS "weekday",
  CAST(COUNT("c"."id") AS BIGINT) AS "calls",
  CAST(COUNT(CASE WHEN "c"."direction" = 'in' THEN 1 END) AS BIGINT) AS "incoming",
  CAST(COUNT(CASE WHEN "c"."direction" = 'in' AND "c"."is_answered" THEN 1 END) AS BIGINT) AS "answered",
  CAST(COUNT(CASE WHEN "c"."is_missed" THEN 1 END) AS BIGINT) AS "missed",
  CAST(CAST(COUNT(CASE WHEN "c"."is_missed" THEN 1 END) AS DOUBLE PRECISION) / NULLIF(COUNT(CASE WHEN "c"."direction" = 'in' THEN 1 END), 0) AS DOUBLE PRECISION) AS "missed_share",
  CAST(COUNT(
    CASE
      WHEN "c"."direction" = 'in' AND "c"."is_answered" AND "c"."wait_seconds" <= 20
      THEN 1
    END
  ) AS BIGINT) AS "answered_within_20s",
  CAST(CAST(COUNT(
    CASE
      WHEN "c"."direction" = 'in' AND "c"."is_answered" AND "c"."wait_seconds" <= 20
      THEN 1
    END
  ) AS DOUBLE PRECISION) / NULLIF(COUNT(CASE WHEN "c"."direction" = 'in' THEN 1 END), 0) AS DOUBLE PRECISION) AS "answered_within_20s_share",
  CAST(PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY
    CASE WHEN "c"."direction" = 'in' THEN "c"."wait_seconds" END) AS BIGINT) AS "median_wait_seconds",
  CAST(PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY
    CASE WHEN "c"."direction" = 'in' THEN "c"."wait_seconds" END) AS BIGINT) AS "p90_wait_seconds",
  CAST(CAST(SUM(
    CASE WHEN "c"."direction" = 'in' AND "c"."is_answered" THEN "c"."talk_seconds" END
  ) AS DOUBLE PRECISION) / COUNT(
    CASE WHEN "c"."direction" = 'in' AND "c"."is_answered" THEN "c"."talk_seconds" END
  ) AS DOUBLE PRECISION) AS "mean_talk_seconds",
  "c"."user_id" AS "user_id"
FROM (
  SELECT
    CAST("day" AS DATE) AS "date",
    "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
    (
      "day" + INTERVAL '1 DAY'
    ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
  FROM GENERATE_SERIES(
    (
      SELECT
        CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."calls"
    ),
    (
      SELECT
        CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."calls"
    ),
    INTERVAL '1 DAY'
  ) AS "day"
) AS "d"
JOIN (
  SELECT
    "c"."id" AS "id",
    "c"."start_time" AS "start_time",
    "c"."direction" AS "direction",
    CAST(NOT "c"."is_lost" AS BOOLEAN) AS "is_answered",
    CAST("c"."direction" = 'in' AND "c"."is_lost" AS BOOLEAN) AS "is_missed",
    "c"."wait_duration" AS "wait_seconds",
    "c"."talk_duration" AS "talk_seconds",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      "start_time" AS "start_time",
      CAST("id" AS BIGINT) AS "id",
      CAST("wait_duration" AS BIGINT) AS "wait_duration",
      CAST("talk_duration" AS BIGINT) AS "talk_duration",
      CAST("direction" AS TEXT) AS "direction",
      CAST("is_lost" AS BOOLEAN) AS "is_lost",
      CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."calls"
  ) AS "c"
  WHERE
    NOT "c"."finish_time" IS NULL
) AS "c"
  ON (
    "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
    AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
    AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
  )
GROUP BY
  "d"."start_time",
  "d"."date",
  "c"."user_id";

-- employees_by_day
SELECT
  "x"."start_time" AS "start_time",
  "x"."date" AS "date",
  "x"."employee_id" AS "employee_id",
  CAST(MAX("x"."employee") AS TEXT) AS "employee",
  CAST(COUNT(CASE WHEN "x"."direction" = 'in' THEN 1 END) AS BIGINT) AS "offered",
  CAST(COUNT(CASE WHEN "x"."direction" = 'in' AND "x"."is_answered" THEN 1 END) AS BIGINT) AS "answered",
  CAST(COUNT(CASE WHEN "x"."direction" = 'in' AND "x"."is_talked" THEN 1 END) AS BIGINT) AS "talked",
  CAST(CAST(COUNT(CASE WHEN "x"."direction" = 'in' AND "x"."is_answered" THEN 1 END) AS DOUBLE PRECISION) / NULLIF(COUNT(CASE WHEN "x"."direction" = 'in' THEN 1 END), 0) AS DOUBLE PRECISION) AS "answered_share",
  CAST(COUNT(CASE WHEN "x"."direction" = 'out' THEN 1 END) AS BIGINT) AS "outgoing",
  CAST(COALESCE(SUM("x"."talk_seconds"), 0) AS BIGINT) AS "talk_seconds",
  "x"."user_id" AS "user_id"
FROM (
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    "c"."user_id" AS "user_id",
    "e"."employee_id" AS "employee_id",
    MAX("e"."employee_full_name") AS "employee",
    MAX("c"."direction") AS "direction",
    BOOL_OR("e"."is_answered") AS "is_answered",
    BOOL_OR("e"."is_talked") AS "is_talked",
    CAST(NULL AS BIGINT) AS "talk_seconds"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      (
        SELECT
          CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "c"."id" AS "id",
      "c"."start_time" AS "start_time",
      "c"."direction" AS "direction",
      "c"."user_id" AS "user_id"
    FROM (
      SELECT
        "start_time" AS "start_time",
        CAST("id" AS BIGINT) AS "id",
        CAST("direction" AS TEXT) AS "direction",
        CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
        CAST(NULL AS BIGINT) AS "user_id"
      FROM "uis_data"."calls"
    ) AS "c"
    WHERE
      NOT "c"."finish_time" IS NULL
  ) AS "c"
    ON (
      "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  JOIN (
    SELECT
      "call_start_time" AS "call_start_time",
      CAST("call_id" AS BIGINT) AS "call_id",
      CAST("employee_id" AS BIGINT) AS "employee_id",
      CAST("employee_full_name" AS TEXT) AS "employee_full_name",
      CAST("is_answered" AS BOOLEAN) AS "is_answered",
      CAST("is_talked" AS BOOLEAN) AS "is_talked"
    FROM "uis_data"."calls__employees"
  ) AS "e"
    ON "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
  WHERE
    NOT "e"."employee_id" IS NULL
  GROUP BY
    "d"."start_time",
    "d"."date",
    "c"."user_id",
    "c"."id",
    "e"."employee_id"
  UNION ALL
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    "c"."user_id" AS "user_id",
    "c"."last_talked_employee_id" AS "employee_id",
    "c"."last_talked_employee_full_name" AS "employee",
    NULL AS "direction",
    NULL AS "is_answered",
    NULL AS "is_talked",
    "c"."talk_duration" AS "talk_seconds"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      (
        SELECT
          CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "start_time" AS "start_time",
      CAST("last_talked_employee_id" AS BIGINT) AS "last_talked_employee_id",
      CAST("talk_duration" AS BIGINT) AS "talk_duration",
      CAST("last_talked_employee_full_name" AS TEXT) AS "last_talked_employee_full_name",
      CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."calls"
  ) AS "c"
    ON (
      "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  WHERE
    NOT "c"."last_talked_employee_id" IS NULL AND (
      NOT "c"."finish_time" IS NULL
    )
) AS "x"
GROUP BY
  "x"."start_time",
  "x"."date",
  "x"."employee_id",
  "x"."user_id";

-- sources_by_day
SELECT
  "d"."start_time" AS "start_time",
  "d"."date" AS "date",
  "c"."campaign" AS "campaign",
  "c"."source" AS "source",
  "c"."utm_source" AS "utm_source",
  "c"."utm_medium" AS "utm_medium",
  "c"."utm_campaign" AS "utm_campaign",
  CAST(COUNT("c"."id") AS BIGINT) AS "calls",
  CAST(COUNT(CASE WHEN "c"."is_first" THEN 1 END) AS BIGINT) AS "first_calls",
  CAST(COUNT(CASE WHEN "c"."is_target" THEN 1 END) AS BIGINT) AS "target_calls",
  CAST(COUNT(CASE WHEN "c"."is_missed" THEN 1 END) AS BIGINT) AS "missed",
  CAST(COUNT(CASE WHEN "c"."is_sale" THEN 1 END) AS BIGINT) AS "sales",
  CAST(COALESCE(SUM("c"."revenue"), 0) AS DECIMAL(38, 9)) AS "revenue",
  "c"."user_id" AS "user_id"
FROM (
  SELECT
    CAST("day" AS DATE) AS "date",
    "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
    (
      "day" + INTERVAL '1 DAY'
    ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
  FROM GENERATE_SERIES(
    (
      SELECT
        CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."calls"
    ),
    (
      SELECT
        CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."calls"
    ),
    INTERVAL '1 DAY'
  ) AS "day"
) AS "d"
JOIN (
  SELECT
    "c"."id" AS "id",
    "c"."start_time" AS "start_time",
    CAST("c"."direction" = 'in' AND "c"."is_lost" AS BOOLEAN) AS "is_missed",
    CAST(NULLIF("c"."campaign_name", '') AS TEXT) AS "campaign",
    CAST(NULLIF("c"."source_name", '') AS TEXT) AS "source",
    CAST(COALESCE(NULLIF("c"."utm_source", ''), NULLIF("c"."eq_utm_source", '')) AS TEXT) AS "utm_source",
    CAST(COALESCE(NULLIF("c"."utm_medium", ''), NULLIF("c"."eq_utm_medium", '')) AS TEXT) AS "utm_medium",
    CAST(COALESCE(NULLIF("c"."utm_campaign", ''), NULLIF("c"."eq_utm_campaign", '')) AS TEXT) AS "utm_campaign",
    CAST("c"."communication_number" = 1 AS BOOLEAN) AS "is_first",
    CAST(COALESCE(
      (
        SELECT
          COUNT("e"."value")
        FROM (
          SELECT
            "call_start_time" AS "call_start_time",
            CAST("call_id" AS BIGINT) AS "call_id",
            CAST("value" AS TEXT) AS "value"
          FROM "uis_data"."calls__attributes"
        ) AS "e"
        WHERE
          (
            "e"."call_id" = "c"."id" AND "e"."call_start_time" = "c"."start_time"
          )
          AND "e"."value" = 'target'
      ),
      0
    ) > 0 AS BOOLEAN) AS "is_target",
    CAST(NOT "c"."sale_date" IS NULL OR NOT "c"."sale_cost" IS NULL AS BOOLEAN) AS "is_sale",
    "c"."sale_cost" AS "revenue",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      "start_time" AS "start_time",
      CAST("id" AS BIGINT) AS "id",
      CAST("direction" AS TEXT) AS "direction",
      CAST("is_lost" AS BOOLEAN) AS "is_lost",
      CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
      CAST("campaign_name" AS TEXT) AS "campaign_name",
      CAST("source_name" AS TEXT) AS "source_name",
      CAST("utm_source" AS TEXT) AS "utm_source",
      CAST("utm_medium" AS TEXT) AS "utm_medium",
      CAST("utm_campaign" AS TEXT) AS "utm_campaign",
      CAST("eq_utm_source" AS TEXT) AS "eq_utm_source",
      CAST("eq_utm_medium" AS TEXT) AS "eq_utm_medium",
      CAST("eq_utm_campaign" AS TEXT) AS "eq_utm_campaign",
      CAST("communication_number" AS BIGINT) AS "communication_number",
      CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
      CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."calls"
  ) AS "c"
  WHERE
    NOT "c"."finish_time" IS NULL
) AS "c"
  ON (
    "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
    AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
    AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
  )
GROUP BY
  "d"."start_time",
  "d"."date",
  "c"."campaign",
  "c"."source",
  "c"."utm_source",
  "c"."utm_medium",
  "c"."utm_campaign",
  "c"."user_id";

-- hours
SELECT
  "x"."start_time" AS "start_time",
  "x"."date" AS "date",
  CAST(EXTRACT(ISODOW FROM "x"."date") AS BIGINT) AS "weekday",
  "x"."hour" AS "hour",
  CAST(COUNT("x"."hour") AS BIGINT) AS "calls",
  CAST(COUNT(CASE WHEN "x"."direction" = 'in' THEN 1 END) AS BIGINT) AS "incoming",
  CAST(COUNT(CASE WHEN "x"."is_missed" THEN 1 END) AS BIGINT) AS "missed",
  CAST(CAST(COUNT(CASE WHEN "x"."is_missed" THEN 1 END) AS DOUBLE PRECISION) / NULLIF(COUNT(CASE WHEN "x"."direction" = 'in' THEN 1 END), 0) AS DOUBLE PRECISION) AS "missed_share",
  CAST(MAX("x"."lines") AS BIGINT) AS "lines_needed",
  "x"."user_id" AS "user_id"
FROM (
  SELECT
    "e"."start_time" AS "start_time",
    "e"."date" AS "date",
    "e"."user_id" AS "user_id",
    "e"."hour" AS "hour",
    "e"."direction" AS "direction",
    "e"."is_missed" AS "is_missed",
    SUM("e"."change") OVER (
      PARTITION BY "e"."start_time", "e"."user_id"
      ORDER BY "e"."at", "e"."change"
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS "lines"
  FROM (
    SELECT
      "d"."start_time" AS "start_time",
      "d"."date" AS "date",
      "c"."user_id" AS "user_id",
      "c"."hour" AS "hour",
      "c"."direction" AS "direction",
      "c"."is_missed" AS "is_missed",
      "c"."start_time" AS "at",
      1 AS "change"
    FROM (
      SELECT
        CAST("day" AS DATE) AS "date",
        "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
        (
          "day" + INTERVAL '1 DAY'
        ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
      FROM GENERATE_SERIES(
        (
          SELECT
            CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
          FROM "uis_data"."calls"
        ),
        (
          SELECT
            CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
          FROM "uis_data"."calls"
        ),
        INTERVAL '1 DAY'
      ) AS "day"
    ) AS "d"
    JOIN (
      SELECT
        "c"."start_time" AS "start_time",
        CAST(EXTRACT(HOUR FROM (
          "c"."start_time" AT TIME ZONE 'Europe/Moscow'
        )) AS BIGINT) AS "hour",
        "c"."direction" AS "direction",
        CAST("c"."direction" = 'in' AND "c"."is_lost" AS BOOLEAN) AS "is_missed",
        "c"."user_id" AS "user_id"
      FROM (
        SELECT
          "start_time" AS "start_time",
          CAST("direction" AS TEXT) AS "direction",
          CAST("is_lost" AS BOOLEAN) AS "is_lost",
          CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
          CAST(NULL AS BIGINT) AS "user_id"
        FROM "uis_data"."calls"
      ) AS "c"
      WHERE
        NOT "c"."finish_time" IS NULL
    ) AS "c"
      ON (
        "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
        AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
        AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
      )
    UNION ALL
    SELECT
      "d"."start_time" AS "start_time",
      "d"."date" AS "date",
      "c"."user_id" AS "user_id",
      NULL AS "hour",
      NULL AS "direction",
      NULL AS "is_missed",
      "c"."finish_time" AS "at",
      -1 AS "change"
    FROM (
      SELECT
        CAST("day" AS DATE) AS "date",
        "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
        (
          "day" + INTERVAL '1 DAY'
        ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
      FROM GENERATE_SERIES(
        (
          SELECT
            CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
          FROM "uis_data"."calls"
        ),
        (
          SELECT
            CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
          FROM "uis_data"."calls"
        ),
        INTERVAL '1 DAY'
      ) AS "day"
    ) AS "d"
    JOIN (
      SELECT
        "c"."start_time" AS "start_time",
        "c"."finish_time" AS "finish_time",
        "c"."user_id" AS "user_id"
      FROM (
        SELECT
          "start_time" AS "start_time",
          CAST("finish_time" AS TIMESTAMPTZ) AS "finish_time",
          CAST(NULL AS BIGINT) AS "user_id"
        FROM "uis_data"."calls"
      ) AS "c"
      WHERE
        NOT "c"."finish_time" IS NULL
    ) AS "c"
      ON (
        "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
        AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
        AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
      )
  ) AS "e"
) AS "x"
WHERE
  NOT "x"."hour" IS NULL
GROUP BY
  "x"."start_time",
  "x"."date",
  "x"."hour",
  "x"."user_id";

-- communications_by_day
SELECT
  "x"."start_time" AS "start_time",
  "x"."date" AS "date",
  "x"."communication_type" AS "communication_type",
  "x"."campaign" AS "campaign",
  "x"."source" AS "source",
  CAST(COUNT("x"."date") AS BIGINT) AS "communications",
  CAST(COUNT(CASE WHEN "x"."number" = 1 THEN 1 END) AS BIGINT) AS "first_communications",
  CAST(COUNT(CASE WHEN NOT "x"."sale_date" IS NULL OR NOT "x"."sale_cost" IS NULL THEN 1 END) AS BIGINT) AS "sales",
  CAST(COALESCE(SUM("x"."sale_cost"), 0) AS DECIMAL(38, 9)) AS "revenue",
  "x"."user_id" AS "user_id"
FROM (
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    'call' AS "communication_type",
    NULLIF("c"."campaign_name", '') AS "campaign",
    NULLIF("c"."source_name", '') AS "source",
    "c"."communication_number" AS "number",
    "c"."sale_date" AS "sale_date",
    "c"."sale_cost" AS "sale_cost",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      (
        SELECT
          CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."calls"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "start_time" AS "start_time",
      CAST("direction" AS TEXT) AS "direction",
      CAST("campaign_name" AS TEXT) AS "campaign_name",
      CAST("source_name" AS TEXT) AS "source_name",
      CAST("communication_number" AS BIGINT) AS "communication_number",
      CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
      CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."calls"
  ) AS "c"
    ON (
      "c"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  WHERE
    "c"."direction" = 'in'
  UNION ALL
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    'chat' AS "communication_type",
    NULLIF("c"."campaign_name", '') AS "campaign",
    NULLIF("c"."source_name", '') AS "source",
    "c"."communication_number" AS "number",
    "c"."sale_date" AS "sale_date",
    "c"."sale_cost" AS "sale_cost",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."chats"
      ),
      (
        SELECT
          CAST(CAST(MAX("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."chats"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "date_time" AS "date_time",
      CAST("campaign_name" AS TEXT) AS "campaign_name",
      CAST("source_name" AS TEXT) AS "source_name",
      CAST("communication_number" AS BIGINT) AS "communication_number",
      CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
      CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."chats"
  ) AS "c"
    ON (
      "c"."date_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."date_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."date_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  WHERE
    TRUE
  UNION ALL
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    'offline_message' AS "communication_type",
    NULLIF("c"."campaign_name", '') AS "campaign",
    NULLIF("c"."source_name", '') AS "source",
    "c"."communication_number" AS "number",
    "c"."sale_date" AS "sale_date",
    "c"."sale_cost" AS "sale_cost",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."offline_messages"
      ),
      (
        SELECT
          CAST(CAST(MAX("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."offline_messages"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "date_time" AS "date_time",
      CAST("campaign_name" AS TEXT) AS "campaign_name",
      CAST("source_name" AS TEXT) AS "source_name",
      CAST("communication_number" AS BIGINT) AS "communication_number",
      CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
      CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."offline_messages"
  ) AS "c"
    ON (
      "c"."date_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."date_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."date_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  WHERE
    TRUE
  UNION ALL
  SELECT
    "d"."start_time" AS "start_time",
    "d"."date" AS "date",
    "c"."communication_type" AS "communication_type",
    NULLIF("c"."campaign_name", '') AS "campaign",
    NULLIF("c"."source_name", '') AS "source",
    "c"."communication_number" AS "number",
    "c"."sale_date" AS "sale_date",
    "c"."sale_cost" AS "sale_cost",
    "c"."user_id" AS "user_id"
  FROM (
    SELECT
      CAST("day" AS DATE) AS "date",
      "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
      (
        "day" + INTERVAL '1 DAY'
      ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
    FROM GENERATE_SERIES(
      (
        SELECT
          CAST(CAST(MIN("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."communications"
      ),
      (
        SELECT
          CAST(CAST(MAX("date_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
        FROM "uis_data"."communications"
      ),
      INTERVAL '1 DAY'
    ) AS "day"
  ) AS "d"
  JOIN (
    SELECT
      "date_time" AS "date_time",
      CAST("communication_type" AS TEXT) AS "communication_type",
      CAST("campaign_name" AS TEXT) AS "campaign_name",
      CAST("source_name" AS TEXT) AS "source_name",
      CAST("communication_number" AS BIGINT) AS "communication_number",
      CAST("sale_date" AS TIMESTAMPTZ) AS "sale_date",
      CAST("sale_cost" AS DECIMAL(38, 9)) AS "sale_cost",
      CAST(NULL AS BIGINT) AS "user_id"
    FROM "uis_data"."communications"
  ) AS "c"
    ON (
      "c"."date_time" >= "d"."start_time" - INTERVAL '3 HOURS'
      AND "c"."date_time" < "d"."end_time" + INTERVAL '3 HOURS'
      AND CAST("c"."date_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
    )
  WHERE
    NOT (
      (
        "c"."communication_type" = 'call'
      )
      OR (
        "c"."communication_type" = 'chat'
      )
      OR (
        "c"."communication_type" = 'offline_message'
      )
    )
) AS "x"
GROUP BY
  "x"."start_time",
  "x"."date",
  "x"."communication_type",
  "x"."campaign",
  "x"."source",
  "x"."user_id";

-- legs_by_employee
SELECT
  "d"."start_time" AS "start_time",
  "d"."date" AS "date",
  "g"."employee_id" AS "employee_id",
  CAST(MAX("g"."employee_full_name") AS TEXT) AS "employee",
  CAST(COUNT("g"."id") AS BIGINT) AS "legs",
  CAST(COUNT(CASE WHEN "g"."duration" > 0 THEN 1 END) AS BIGINT) AS "talked",
  CAST(CAST(COUNT(CASE WHEN "g"."duration" > 0 THEN 1 END) AS DOUBLE PRECISION) / NULLIF(COUNT("g"."id"), 0) AS DOUBLE PRECISION) AS "talked_share",
  CAST(SUM("g"."total_duration" - "g"."duration") AS BIGINT) AS "ring_seconds",
  CAST(SUM("g"."duration") AS BIGINT) AS "talk_seconds",
  "g"."user_id" AS "user_id"
FROM (
  SELECT
    CAST("day" AS DATE) AS "date",
    "day" AT TIME ZONE 'Europe/Moscow' AS "start_time",
    (
      "day" + INTERVAL '1 DAY'
    ) AT TIME ZONE 'Europe/Moscow' AS "end_time"
  FROM GENERATE_SERIES(
    (
      SELECT
        CAST(CAST(MIN("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."call_legs"
    ),
    (
      SELECT
        CAST(CAST(MAX("start_time") AT TIME ZONE 'Europe/Moscow' AS DATE) AS TIMESTAMP)
      FROM "uis_data"."call_legs"
    ),
    INTERVAL '1 DAY'
  ) AS "day"
) AS "d"
JOIN (
  SELECT
    "start_time" AS "start_time",
    CAST("id" AS BIGINT) AS "id",
    CAST("employee_id" AS BIGINT) AS "employee_id",
    CAST("duration" AS BIGINT) AS "duration",
    CAST("total_duration" AS BIGINT) AS "total_duration",
    CAST("employee_full_name" AS TEXT) AS "employee_full_name",
    CAST("is_operator" AS BOOLEAN) AS "is_operator",
    CAST(NULL AS BIGINT) AS "user_id"
  FROM "uis_data"."call_legs"
) AS "g"
  ON (
    "g"."start_time" >= "d"."start_time" - INTERVAL '3 HOURS'
    AND "g"."start_time" < "d"."end_time" + INTERVAL '3 HOURS'
    AND CAST("g"."start_time" AT TIME ZONE 'Europe/Moscow' AS DATE) - "d"."date" = 0
  )
WHERE
  NOT "g"."employee_id" IS NULL AND (
    "g"."is_operator"
  )
GROUP BY
  "d"."start_time",
  "d"."date",
  "g"."employee_id",
  "g"."user_id";

