"""The words of every page. A paper says its own instead where it wants others (`texts` in its configuration).

What stands in braces is filled in, and an own text has to keep it. `{kind}` is a gate's, such as “analysis”; `{tier}`
is what several readers of a tier are called, such as “members”.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # Around every page
    "skip": "Skip to the content",
    "sections": "Sections",
    "your_reading": "Your reading",
    "sign_in": "Sign in",
    "account": "Account",
    "join": "Join",
    "contribute": "Contribute",
    "front_page": "Front page",
    "about": "About",
    "feed": "RSS feed",
    # Time and money. Dates are written as the desk wrote them, with its distance from UTC.
    "date": "{day} {month} {year}",
    "months": "January February March April May June July August September October November December",
    "time": "{date}, {hour}:{minute}\N{NO-BREAK SPACE}{zone}",
    "minutes": "{minutes} min {seconds} s",
    "seconds": "{seconds} s",
    "price": "{price} a {interval}",
    "every_month": "month",
    "every_year": "year",
    # The front page, sections, authors
    "latest": "Latest",
    "see_all": "See all of {name}",
    "older": "Older articles",
    "newest": "Back to the newest",
    "person": "Author",
    "persona": "AI persona",
    "persona_note": "{name} is an AI persona of {paper}, not a person.",
    # An article
    "published": "Published",
    "updated": "Updated",
    "by": "By",
    "copy_link": "Copy link",
    "copied": "Copied",
    "made_with_ai": "Made with AI.",
    "picture": "Picture: {credit}",
    "gate_label": "{kind} for {tier}",
    "already": "Already one of our {tier}?",
    "embed": "Continue at {provider}",
    "sources": "Sources",
    "sources_closed": "Direct links to all sources are for {tier}: the newsletter is free, and they come with it.",
    "sources_offer": "Get the free newsletter",
    "source_link": "Open the source",
    "corrections": "Corrections",
    "about_author": "About the author",
    "all_by": "All articles by {name}",
    "support_title": "Keep this paper independent",
    "support": "It is paid for by those who read it. Give what it is worth to you, once or every month.",
    "how_made": "How this was made",
    "made_by_people": "Written by people. Editors: {editors}.",
    "made_with_personas": "{count} of our AI personas took part. Responsible are people: {editors}.",
    "made_with_persona": "One of our AI personas took part. Responsible are people: {editors}.",
    "no_editors": "the newsroom",
    "how_we_work": "How we work",
    "more": "Read on",
    "more_in": "More in {name}",
    "more_by": "More by {name}",
    # Signing in
    "sign_in_title": "Sign in",
    "sign_in_text": "We mail you a link and a code. There is no password.",
    "email": "E-mail address",
    "send_link": "Send me the link",
    "sign_in_new": "New here? The same form makes you one of our {tier}: it is free.",
    "sent_title": "Check your mail",
    "sent_text": "If mail can reach that address, a link and a code of six digits are on their way. Both work for ten "
    "minutes.",
    "code": "Code of six digits",
    "enter_code": "Sign me in",
    "sent_again": "Nothing came? Look into the spam folder, or ask for another.",
    "link_title": "Sign in to {paper}",
    "link_text": "Press the button, and this browser is signed in. The link works once.",
    "link_button": "Sign me in",
    "not_yet": "This opens soon. Until then the form is here to be looked at.",
    # Account
    "account_title": "Your account",
    "account_anonymous": "You read as everyone does. Sign in, and this page shows what you have.",
    "account_reader": "You are signed in, and read as one of our {tier}.",
    "account_opens": "Open to you: everything for {tier}.",
    "account_more": "More opens for {tier}.",
    # Join and contribute
    "join_title": "Become one of our {tier}",
    "join_text": "Every article opens whole, with its analysis, data and sound, and this paper stays independent.",
    "join_reader": "You are one of our {tier} already. Thank you.",
    "join_button": "Join for {price}",
    "join_none": "There is nothing to join yet.",
    "join_free": "Not now? The newsletter is free, and opens the links to all sources.",
    "contribute_title": "How much is it worth to you?",
    "contribute_text": "A contribution opens nothing and binds you to nothing. It pays for the next question that "
    "somebody has to ask.",
    "contribute_none": "This paper takes no contributions at the moment. Thank you for the thought.",
    "amount": "Amount",
    "own_amount": "Another amount, in {currency}",
    "amount_bounds": "From {minimum} to {maximum}.",
    "how_often": "How often",
    "once": "Once",
    "monthly": "Every month",
    "yearly": "Every year",
    "give": "Continue to payment",
    "payment_note": "You pay on our payment service’s own page; card numbers never reach us.",
    "thanks_title": "Thank you",
    "thanks_text": "A receipt is on its way to you by mail. You can read on.",
    # How we work
    "process_title": "How we work",
    "process_none": "The newsroom has not written this page yet.",
    # Unsubscribing
    "unsubscribe_title": "Stop this newsletter?",
    "unsubscribe_text": "Press the button, and “{newsletter}” is not mailed to you any more. Your account "
    "stays as it is.",
    "unsubscribe_button": "Stop it",
    # What cannot be shown
    "not_found_title": "There is nothing here",
    "not_found": "The address may be mistyped, or the page may never have been. The front page has what is new.",
    "withdrawn_title": "This article was taken back",
    "withdrawn": "The editors have withdrawn it. Nothing of it is kept here.",
    "unavailable_title": "This cannot be shown right now",
    "unavailable": "Something behind this page does not answer. We have been told; try again in a minute.",
    "refused_title": "That cannot be asked for",
}
