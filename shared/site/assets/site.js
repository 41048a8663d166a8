// All that runs here. Every page works without it.
(() => {
  'use strict';
  const root = document.documentElement;

  // A pass lives for five minutes. While somebody signed in has the page before them, it is renewed in the background, so
  // that the next page comes from the cache at once. When that is refused the next page sorts it out, at the edge.
  const EVERY = 240000;
  let renewed = Date.now();
  let timer;
  const renew = async () => {
    if (document.hidden || Date.now() - renewed < EVERY) return;
    renewed = Date.now();
    try {
      const answer = await fetch('/api/members/passes', { method: 'POST', credentials: 'same-origin' });
      if (!answer.ok) stop();
    } catch {
      renewed = 0; // no network: again at the next occasion
    }
  };
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', renew);
  };
  if (root.dataset.tier !== 'anonymous') {
    timer = setInterval(renew, EVERY / 8);
    document.addEventListener('visibilitychange', renew);
  }

  // A sound that is refused says why: a link to one article opens none.
  document.addEventListener('error', (event) => {
    for (const note of event.target.closest('.sound')?.querySelectorAll('[hidden]') ?? []) note.hidden = false;
  }, true);

  // Copy an address.
  for (const copy of navigator.clipboard ? document.querySelectorAll('[data-copy]') : []) {
    const label = copy.textContent;
    copy.hidden = false;
    copy.setAttribute('aria-live', 'polite');
    copy.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(copy.dataset.copy);
        copy.textContent = copy.dataset.done;
        setTimeout(() => { copy.textContent = label; }, 2000);
      } catch {
        copy.hidden = true; // not allowed here: the address bar has it
      }
    });
  }
})();
