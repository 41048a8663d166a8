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
    # Money
    "mail_money_amount": "Amount",
    "mail_money_paid_on": "Paid on",
    "mail_money_returned_on": "Given back on",
    "mail_money_often": "How often",
    "mail_money_once": "Once",
    "mail_money_month": "Every month",
    "mail_money_year": "Every year",
    "mail_money_until": "Paid until",
    "mail_money_next": "Next time",
    "mail_money_for": "For",
    "mail_money_membership": "Membership",
    "mail_money_reference": "Reference",
    "mail_money_receipt": "Keep this mail: it is your receipt.",
    "mail_money_account": "Open your account",
    "mail_money_there": "Change or end it",
    "mail_money_open_until": "Until {day} everything stays open to you.",
    "mail_thanks_subject": "Thank you for giving to {paper}",
    "mail_thanks_campaign_subject": "Thank you for giving to “{campaign}”",
    "mail_thanks_text": "Thank you. Your {amount} has arrived, and keeps {paper} going.",
    "mail_thanks_month": "The same is collected every month until you stop it: in your account, or, where you have "
    "given without signing in, by writing to us with the reference below.",
    "mail_thanks_year": "The same is collected every year until you stop it: in your account, or, where you have "
    "given without signing in, by writing to us with the reference below.",
    "mail_thanks_month_there": "The same is collected every month until you stop it. For that there is a page of our "
    "payment service’s: write this address there, and a mail lets you in.",
    "mail_thanks_year_there": "The same is collected every year until you stop it. For that there is a page of our "
    "payment service’s: write this address there, and a mail lets you in.",
    "mail_thanks_read": "Read on",
    "mail_welcome_subject": "Welcome to {paper}",
    "mail_welcome_text": "You are one of our {members} now. Everything is open to you wherever you sign in with this "
    "address. Where you were signed in before, that takes five minutes at most.",
    "mail_welcome_month": "Your membership renews itself every month until you end it, in your account.",
    "mail_welcome_year": "Your membership renews itself every year until you end it, in your account.",
    "mail_receipt_subject": "Your receipt from {paper}",
    "mail_receipt_membership": "Your membership at {paper} goes on. Thank you.",
    "mail_receipt_giving": "You have given to {paper} again. Thank you.",
    "mail_failed_subject": "A payment to {paper} has failed",
    "mail_failed_membership": "{amount} for your membership at {paper} could not be collected. It is tried again in "
    "the next days.",
    "mail_failed_giving": "{amount} that you give to {paper} could not be collected. It is tried again in the next "
    "days.",
    "mail_failed_shut": "Until it is paid, what is for {members} stays closed.",
    "mail_failed_to_do": "Your account leads to the page where you can pay by another card.",
    "mail_failed_to_do_there": "On our payment service’s page you can pay by another card: write this address there, "
    "and a mail lets you in.",
    "mail_cancelled_membership_subject": "Your membership at {paper} is not renewed",
    "mail_cancelled_membership": "Your membership at {paper} is not renewed any more, and nothing more is collected.",
    "mail_cancelled_giving_subject": "Nothing more is collected for {paper}",
    "mail_cancelled_giving": "What you gave to {paper} again and again is not collected any more. Thank you for all of "
    "it.",
    "mail_cancelled_mistake": "If that was a mistake, your account leads to the page where it can be taken back.",
    "mail_cancelled_mistake_there": "If that was a mistake, you can take it back on our payment service’s page: write "
    "this address there, and a mail lets you in.",
    "mail_ended_membership_subject": "Your membership at {paper} has ended",
    "mail_ended_membership": "Your membership at {paper} has ended, and nothing more is collected. Your account and "
    "your newsletters stay.",
    "mail_ended_membership_again": "Join again",
    "mail_ended_giving_subject": "Nothing more is collected for {paper}",
    "mail_ended_giving": "What you gave to {paper} again and again has ended, and nothing more is collected. Thank you "
    "for all of it.",
    "mail_ended_giving_again": "Give again",
    "mail_refunded_subject": "{amount} is on its way back to you",
    "mail_refunded_text": "{paper} has given {amount} back to you.",
    "mail_refunded_when": "Your bank shows it within ten days.",
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
