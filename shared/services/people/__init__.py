"""Operations beyond Azure's: recognise, compare, explain, crop, find persons by name."""
