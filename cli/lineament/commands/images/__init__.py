"""Commands that send images: detect, identify, recognize, compare, explain and uploads."""
