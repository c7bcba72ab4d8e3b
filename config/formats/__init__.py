"""How dates are written, language by language, where Django's own way would not do."""
