# The steps of make setup, without what only demo, development and tests need.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 ctms \
    && install --directory --owner ctms /srv/ctms /srv/files
WORKDIR /srv/ctms
USER ctms

COPY --chown=ctms . .
RUN make setup LOCK=requirements.lock PYTHON=python \
    && SECRET_KEY=unused ENCRYPTION_KEYS=unused IDENTITY_HASH_KEY=unused ALLOWED_HOSTS=unused \
       DATABASE_URL=postgresql://unused/unused REDIS_URL=redis://unused \
       .venv/bin/python manage.py collectstatic --no-input

ENV PATH=/srv/ctms/.venv/bin:$PATH CTMS_FILES=/srv/files PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["gunicorn", "ctms.wsgi", "--bind=0.0.0.0:8000"]
