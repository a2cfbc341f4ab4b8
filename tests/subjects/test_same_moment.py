"""Two people, one slot, one moment: real connections."""

import threading

from django.db import connection

from subjects.actions import bookings
from subjects.actions.bookings import TakenError
from subjects.models import Booking, Visit
from tests.subjects.test_booking import in_window, wanted, week_2
from tests.world import build


def test_two_people_booking_the_same_slot_at_the_same_moment(committed_db: str) -> None:
    world = build()
    pair = [week_2(world)[1] for _ in range(2)]
    slot = wanted(world, in_window(pair[0]))
    start, outcomes = threading.Barrier(2), []

    def book(held: Visit) -> None:
        start.wait()
        try:
            bookings.book(held, wanted=slot, by=world.coordinator)
            outcomes.append("booked")
        except TakenError as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=book, args=(held,)) for held in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Room 1 is booked 09:00 to 10:00. Choose another time.", "booked"]
    assert Booking.objects.count() == 1
