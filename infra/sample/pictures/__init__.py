"""Every picture of the sample paper: one motif for each article, and two charts that stand behind gates."""

from __future__ import annotations

from collections.abc import Callable

from infra.sample.pictures import charts, city, climate, economy, opinion
from infra.sample.press import Sheet

LEAD_PICTURES: tuple[Callable[[Sheet], None], ...] = (
    city.the_night_ferry_question,
    city.what_the_tallow_quay_count_found,
    city.the_harbour_boards_nine_chairs,
    economy.a_city_that_pays_twice_for_its_water,
    economy.the_last_rope_maker,
    economy.rent_by_the_metre,
    climate.the_heat_on_viaduct_street,
    climate.where_the_river_will_be,
    climate.how_to_read_a_river_gauge,
    opinion.in_praise_of_the_slow_lift,
    opinion.do_not_sell_the_gasworks,
    opinion.what_we_owe_you_when_a_machine_writes,
)

PICTURES: dict[str, Callable[[Sheet], None]] = {
    **{f"anonymous/{draw.__name__.replace('_', '-')}.png": draw for draw in LEAD_PICTURES},
    "member/the-bowl-of-the-night.png": charts.the_bowl_of_the_night,
    "subscriber/rent-by-district.png": charts.rent_by_district,
}
