"""Figures of `script/bench`: each a ratio to a limit measured in the same run."""
