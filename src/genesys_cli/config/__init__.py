"""The experiment's settings: schema, presets, overrides, and the errors that a user sees for them."""
