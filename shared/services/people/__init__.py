"""What persons and operators ask beyond Azure's operations: recognise, compare, explain."""
