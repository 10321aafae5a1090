"""Budgets of requests that hold a thread."""

import pytest

from app.services.waiting import Budget, TooManyHeld


def test_places_run_out_and_come_back() -> None:
    budget = Budget(2, what="test")
    with budget.held(), budget.held(), pytest.raises(TooManyHeld), budget.held():
        pass
    with budget.held():
        pass


def test_a_place_given_back_twice_is_one_place() -> None:
    budget = Budget(1, what="test")
    give_back = budget.take()
    give_back()
    give_back()
    budget.take()
    with pytest.raises(TooManyHeld):
        budget.take()


def test_a_budget_of_none_has_no_place() -> None:
    with pytest.raises(TooManyHeld):
        Budget(0, what="test").take()
