"""A day at the counter: sixty people at once on the real server. `script/load`, docs/load.md."""
