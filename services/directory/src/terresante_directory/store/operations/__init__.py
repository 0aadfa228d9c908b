"""Operations: what they concern, what they touch, and the rights that go with a new territory."""
