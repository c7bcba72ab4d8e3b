"""Jobs of this app, run by `manage.py procrastinate worker`."""

from __future__ import annotations

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from .inviting import LinkIsOver, forgotten_token, invitation_token
from .models import User
from .sessions import forget_ended_sessions
from .throttling import forget_old_failures
from .till import forget_old_tills


@app.task(name="company.mail_link")
def mail_link(user_id: int, origin: str, request_id: str = "") -> None:
    """Mail a person the link to choose a password: the secret is made here, not kept in a job."""
    person = User.objects.get(pk=user_id)
    try:
        invited = person.invited_at is not None
        token = invitation_token(person) if invited else forgotten_token(person, now=timezone.now())
    except LinkIsOver:
        return
    link = origin.rstrip("/") + reverse("company:welcome", args=[token])
    with translation.override(person.language):
        context = {"person": person, "link": link, "invited": invited}
        text = render_to_string("company/link_mail.txt", context)
        subject = _("Choose your password for Unitbook")
    send_mail(subject, text, None, [person.email])


@app.periodic(cron="47 3 * * *")
@app.task(name="company.forget_what_is_over", queueing_lock="company.forget_what_is_over")
def forget_what_is_over(timestamp: int) -> None:
    """Delete ended sessions, old tills and wrong passwords nobody counts, every night."""
    now = timezone.now()
    forget_ended_sessions(now=now)
    forget_old_tills(now=now)
    forget_old_failures()
