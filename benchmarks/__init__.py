"""Side-by-side comparisons with peers. Never part of the tests or of the wheel; See README.md."""
