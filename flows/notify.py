"""Word to people, through apprise: an abrupt change that is likely, a night that failed, data that stay away."""

import os

from flows.journal import NOTIFY
from kdtcn.progress import mask, say


def notify(title: str, body: str) -> int:
    """Send to every address of KDTCN_NOTIFY_URLS (apprise's own form, separated by spaces); how many took it.

    The addresses are secrets and so come from the environment alone. A service that does not take it is said, by number, and
    stops nothing: a night must not fail for want of a listener.
    """
    addresses = os.environ.get(NOTIFY, "").split()
    if not addresses:
        return 0
    import apprise

    sent = 0
    for number, address in enumerate(addresses, start=1):
        service = apprise.Apprise()
        if service.add(address) and service.notify(title=mask(title), body=mask(body)):
            sent += 1
        else:
            say(f"address {number} of {NOTIFY} took no notification; check it with apprise's own command")
    return sent
