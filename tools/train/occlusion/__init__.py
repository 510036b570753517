"""How the classifiers of what covers a face are trained."""
