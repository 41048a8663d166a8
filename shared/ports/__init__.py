"""Every door to the outside, one Protocol each, with what it promises. Adapters keep the promises; `tests/contracts`
holds them to it. A room for each sort, since a start loads only what it runs."""
