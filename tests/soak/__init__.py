"""A soak: rounds of random disasters, after each of which the warehouse must equal the truth.

In a round an account lives on: time passes, calls come, change and end. Then something goes wrong,
with a sync, a backfill or a repair that runs (:mod:`.disasters`), and with what lies on disks after
it. What is promised then: after at most two runs of the command, to which nothing happens but that
the API keeps its quirks,

* the last of them has ended with exit code 0,
* the warehouse has every value, element and position of every call from the earliest day on that a
  sync or a backfill was asked for, and nothing else, and no row of it stands there twice,
* no load package waits in the working folder.

The runs are those that a user would make: a sync; if the round was about a backfill, or the
warehouse came back from a backup that is older than one, the backfill and a sync; if it was about a
repair, a sync and the repair.

No sync promises to see what happens to calls that are older than its lookback. So calls change
within the lookback only: whatever happens at some time, a sync sees it that goes on from the
warehouse's state of that time, or of an earlier one. Older calls change, come and go in rounds that
are about a repair, and backups of before are not put back any more.

Not promised either, and left out: a total that is too small together with pages that end early (no
client could know that there is more), and a new DuckDB file of which not even the head fitted on
the disk.
"""
