"""Pages for people: the API description and the console. None of them needs a key."""
