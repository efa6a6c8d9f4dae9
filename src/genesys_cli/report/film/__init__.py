"""Films of episodes: pictures are collected while a network plays, then put together and written."""
