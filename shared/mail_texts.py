"""The words of every mail. A paper says its own instead where it wants others (`texts` in its configuration), as with
those of its pages. What stands in braces is filled in, and an own text has to keep it."""

from __future__ import annotations

from typing import Final

MAIL_TEXTS: Final[dict[str, str]] = {
    # Around every mail
    "mail_open": "Open the page",
    "mail_not_asked": "If you did not ask for this, do nothing: without this mail nobody gets in.",
    # Signing in
    "mail_sign_in_subject": "{code} is your code for {paper}",
    "mail_sign_in_text": "You asked to sign in to {paper}. Type these six digits where you asked:",
    "mail_sign_in_link": "Or open this page and press its button:",
    "mail_sign_in_newsletter": "Either way you get the newsletter “{newsletter}” from then on.",
    "mail_sign_in_minutes": "Each works once, and for {minutes} minutes.",
    # Changing the address
    "mail_change_subject": "Your address at {paper}",
    "mail_change_old": "Your account at {paper} is to have another address: {address}. Open this page and press its "
    "button, if that is right:",
    "mail_change_new": "An account at {paper} is to have this address. Open this page and press its button, if that is "
    "right:",
    "mail_change_both": "The change is made once both addresses have agreed, within {hours} hours.",
    "mail_change_not_asked": "If you did not ask for this, do nothing: then nothing changes.",
    "mail_change_stolen": "If you did not ask for this, do nothing here: then nothing changes. But somebody is signed "
    "in with your account: sign in, and sign out everywhere.",
    # What was done
    "mail_changed_subject": "Your address at {paper} has changed",
    "mail_changed_text": "The address of your account at {paper} has been changed, as both addresses had agreed.",
    "mail_changed_not_asked": "If that was not you, write to us at once.",
    "mail_erased_subject": "Your account at {paper} is erased",
    "mail_erased_text": "Your account at {paper} is erased, as you asked. This is the last mail that you get from us; "
    "nothing is kept that says who you are.",
    # An article
    "mail_article_subject": "{title}",
    "mail_article_by": "By {author}",
    "mail_article_persona": "By {author}, an AI persona of {paper}, not a person",
    "mail_article_read": "Read it at {paper}:",
    "mail_article_opens": "This part is for {tier}.",
    "mail_article_picture": "Picture: {alt}",
    "mail_article_picture_ai": "Picture, made with AI: {alt}",
    "mail_article_sound": "To listen to: {title}",
    "mail_article_sources": "Sources",
    "mail_article_why": "You get “{newsletter}” because you asked for it at {paper}.",
    "mail_article_stop": "To get it no more, open this page and press its button:",
}
