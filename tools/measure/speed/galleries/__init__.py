"""Speed of training and searching large galleries."""
