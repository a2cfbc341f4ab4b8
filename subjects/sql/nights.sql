-- The nights that a subject slept in the house for a visit, once it was discharged: the beginnings of days,
-- by the clocks of the place, before and after which it was there. The same as subjects.presence counts.
CREATE OR REPLACE FUNCTION subjects_nights(of_visit bigint) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer
    FROM subjects_stay s
    JOIN sites_place p ON p.id = s.place_id
    CROSS JOIN generate_series(
        date_trunc('day', s.admitted_at AT TIME ZONE p.time_zone) + interval '1 day',
        s.discharged_at AT TIME ZONE p.time_zone, interval '1 day'
    ) AS day
    CROSS JOIN LATERAL (SELECT day AT TIME ZONE p.time_zone AS midnight) m
    WHERE s.visit_id = of_visit AND midnight < s.discharged_at AND NOT EXISTS (
        SELECT FROM subjects_leave l
        WHERE l.stay_id = s.id AND l.voided_at IS NULL AND midnight BETWEEN l.left_at AND l.returned_at
    )
$$;
