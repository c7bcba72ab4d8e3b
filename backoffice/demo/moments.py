"""When things happen at Iskra Electronics: between opening and closing, and never in the future."""

from __future__ import annotations

import datetime as dt
import zoneinfo

OPENS, CLOSES = dt.time(9), dt.time(20)


def moment(day: dt.date, part: float, *, time_zone: str, now: dt.datetime) -> dt.datetime:
    """The moment in UTC when this part of a store's working day (0 to 1) is over.

    Today's working day is what there was of it until `now`; before the shop opens, the night.
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    begins = dt.datetime.combine(day, OPENS, zone).astimezone(dt.UTC)
    ends = min(dt.datetime.combine(day, CLOSES, zone).astimezone(dt.UTC), now.astimezone(dt.UTC))
    if begins >= ends:
        begins = dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)
    return (begins + (ends - begins) * part).replace(microsecond=0)
