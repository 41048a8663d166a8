// Every request passes here before the cache: one spelling per path, the pass becomes a tier, nothing else of the viewer's stays.
// A CloudFront Function (cloudfront-js-2.0, under 10 KB): ES5.1 with const, let, async, arrows and templates.
import cf from 'cloudfront';
import crypto from 'crypto';

const TIERS = ['anonymous', 'subscriber', 'member']; // ascending
const NO_PAGES = ['api', 'assets', 'media', 'static', 'feeds', '.well-known'];
const DAY = 86400; // seconds: the longest life of a pass
const MONTH = 2592000; // that of a pass to one article
const PATH = /^\/$|^(\/\.well-known)?(\/[a-z0-9_-][a-z0-9._-]*)+$/;
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/;
const KID = /^[a-z0-9-]{1,32}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LIST = /^\/(sections|authors)\/[a-z0-9-]+$/; // pages that go on
const ALWAYS = { // on every answer made here: response headers policies are for those from cache and origin
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};
const BAD = new Error('invalid pass');
const keys = cf.kvs();

// CloudFront's patterns are Perl's, whose `$` matches before a last newline too: so the whole text is asked for.
function whole(pattern, text) {
  const found = typeof text === 'string' ? pattern.exec(text) : null;
  return found !== null && found[0] === text;
}

// The one spelling of a path; null when more is wrong than case and a last slash.
function canonical(uri) {
  if (uri.length > 513) return null;
  const lower = uri.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const path = lower.length > 1 && lower.charAt(lower.length - 1) === '/' ? lower.slice(0, -1) : lower;
  return path.length <= 512 && whole(PATH, path) ? path : null;
}

// The query parameters a path knows. `gift` is a pass, known everywhere.
function parameters(path) {
  if (path === '/api/articles') return ['section', 'author', 'tag', 'limit', 'cursor'];
  if (whole(LIST, path)) return ['cursor'];
  return path === '/sign-in' || path === '/api/members/refresh' ? ['next'] : []; // the latter for the redirect below
}

// Cookies match in any case, as browsers' `__Host-` rule does; two of a name are one that is repeated.
function cookie(request, name) {
  const found = Object.keys(request.cookies).filter((key) => key.toLowerCase() === name);
  return found.length > 1 ? { multiValue: found } : found.length === 1 ? request.cookies[found[0]] : undefined;
}

// What was sent as passes, in order. A source given twice counts as an empty token, which is invalid.
function tokens(request) {
  const header = request.headers.authorization;
  const bearer = header && /^bearer([ \t]|$)/i.test(header.value);
  const sources = [cookie(request, '__host-pass'), request.querystring.gift];
  if (bearer) sources.unshift({ value: header.value.slice(7), multiValue: header.multiValue });
  return sources.filter((one) => one).map((one) => (one.multiValue === undefined ? one.value : ''));
}

async function readRing() {
  try {
    const text = await keys.get('keyring');
    const ring = JSON.parse(text);
    const sound = ring.iss && typeof ring.iss === 'string' && Array.isArray(ring.keys);
    return sound && ring.keys.every((key) => whole(KID, key[0]) && whole(SECRET, key[1])) ? ring : null;
  } catch (e) {
    return null;
  }
}

// Takes as long for a wrong text as for the right one.
function same(given, right) {
  let differ = given.length ^ right.length;
  for (let i = 0; i < right.length; i++) differ |= given.charCodeAt(i) ^ right.charCodeAt(i);
  return differ === 0;
}

// Reads JSON written the one canonical way only: no member twice, no float, no odd escape, space or last bit.
function read(segment) {
  const bytes = Buffer.from(segment, 'base64url');
  const text = bytes.toString();
  const value = JSON.parse(text);
  if (JSON.stringify(value) !== text || bytes.toString('base64url') !== segment) throw BAD;
  return value;
}

// What one token is worth on this path. Members are counted: one we do not know makes it invalid.
function verify(token, ring, now, path) {
  const no = (state) => ({ state: state, tier: 'anonymous' });
  if (token.length > 4096 || !whole(TOKEN, token)) return no('invalid');
  if (ring === null) return no('unverifiable');
  try {
    const parts = token.split('.');
    const header = read(parts[0]);
    const key = ring.keys.filter((one) => one[0] === header.kid)[0];
    if (key === undefined || header.alg !== 'HS256' || header.typ !== 'pass+jwt' || Object.keys(header).length !== 3) throw BAD;
    const signature = crypto.createHmac('sha256', key[1]).update(`${parts[0]}.${parts[1]}`).digest('base64url');
    if (!same(parts[2], signature)) throw BAD;

    const pass = read(parts[1]);
    const only = pass.only;
    const plain = only === undefined;
    const sound = Object.keys(pass).length === (plain ? 5 : 6) && pass.iss === ring.iss && pass.aud === 'edge'
      && (pass.tier === 'subscriber' || pass.tier === 'member') && Number.isInteger(pass.iat) && Number.isInteger(pass.exp)
      && pass.iat > 0 && pass.iat <= now + 60 && pass.exp > pass.iat && pass.exp - pass.iat <= (plain ? DAY : MONTH)
      && (plain || (whole(SLUG, only) && only.length <= 120));
    if (!sound) throw BAD;
    if (now >= pass.exp) return no('expired');
    if (!plain && path !== `/api/articles/${only}` && path !== `/articles/${only}`) return no('elsewhere');
    return { state: 'valid', tier: pass.tier, token: token };
  } catch (e) {
    return no('invalid');
  }
}

// The highest tier of what was sent; where nothing is valid, the state of the first.
async function reader(request, path) {
  const sent = tokens(request);
  if (sent.length === 0) return { state: 'none', tier: 'anonymous' };
  const ring = await readRing();
  const now = Math.floor(Date.now() / 1000);
  const found = sent.map((token) => verify(token, ring, now, path));
  return found.reduce((best, one) => (TIERS.indexOf(one.tier) > TIERS.indexOf(best.tier) ? one : best));
}

function answer(state, status, title, headers) {
  headers['x-pass'] = { value: state };
  Object.keys(ALWAYS).forEach((name) => {
    headers[name] = { value: ALWAYS[name] };
  });
  return { statusCode: status, statusDescription: title, headers: headers };
}

function problem(state, status, title, code, detail) {
  const response = answer(state, status, title, { 'content-type': { value: 'application/problem+json' } });
  const body = { type: 'about:blank', title: title, status: status, code: code, detail: detail };
  response.body = { encoding: 'text', data: JSON.stringify(body) };
  return response;
}

function nothing(state) {
  return problem(state, 404, 'Not Found', 'not_found', 'There is nothing here. Check the address.');
}

// Where to ask instead, with what means something there.
function moved(path, query) {
  const kept = parameters(path).concat('gift').filter((name) => query[name])
    .map((name) => `${name}=${query[name].value.replace(/[^A-Za-z0-9._~%+-]+/g, encodeURIComponent)}`);
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

async function decide(request) {
  const query = request.querystring;
  const path = canonical(request.uri);
  const who = await reader(request, path);
  const state = who.state;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refusal = problem(state, 405, 'Method Not Allowed', 'method_not_allowed', 'Ask with GET or HEAD.');
    refusal.headers.allow = { value: 'GET, HEAD' };
    return refusal;
  }
  if (path === null) return nothing(state);

  const parts = path.split('/');
  const known = parameters(path);
  const names = parts[1] === 'api' ? Object.keys(query).filter((name) => name !== 'gift') : [];
  const odd = names.filter((name) => known.indexOf(name) < 0 || query[name].multiValue)[0];
  if (odd !== undefined) {
    return known.indexOf(odd) < 0
      ? problem(state, 400, 'Bad Request', 'unknown_parameter', `Leave out "${odd.slice(0, 64)}".`)
      : problem(state, 400, 'Bad Request', 'repeated_parameter', `Give "${odd}" only once.`);
  }
  if (path !== request.uri) return answer(state, 301, 'Moved Permanently', { location: { value: moved(path, query) } });

  if (parts[1] === 'media') {
    const needed = TIERS.indexOf(parts[2]);
    if (needed < 0) return nothing(state);
    if (TIERS.indexOf(who.tier) < needed) {
      return problem(state, 403, 'Forbidden', 'tier_too_low', `This file opens from the tier ${parts[2]} on. Sign in first.`);
    }
  }

  // A signed-in reader whose pass ran out fetches a new one and comes back. The refresh leaves `__Host-refreshed` for a minute,
  // or a session that yields no pass would send the browser round in circles.
  const page = NO_PAGES.indexOf(parts[1]) < 0 && parts[parts.length - 1].indexOf('.') < 0;
  const stale = state === 'none' || state === 'expired';
  if (page && stale && cookie(request, '__host-session') && !cookie(request, '__host-refreshed')) {
    return answer(state, 302, 'Found', { location: { value: `/api/members/refresh?next=${encodeURIComponent(path)}` } });
  }

  request.querystring = {};
  known.forEach((name) => {
    if (query[name]) request.querystring[name] = { value: query[name].value };
  });
  request.cookies = {};
  Object.keys(request.headers).forEach((name) => {
    if (/^(x[-_]reader[-_]|x[-_]pass[-_]|authorization$|cookie$)/i.test(name)) delete request.headers[name];
  });
  request.headers['x-reader-tier'] = { value: who.tier };
  request.headers['x-pass-state'] = { value: state }; // in no policy: for viewer_response.js alone
  if (state === 'valid') request.headers['x-reader-pass'] = { value: who.token };
  return request;
}

async function handler(event) {
  try {
    return await decide(event.request);
  } catch (e) { // a throw would be CloudFront's own bare 503
    return problem('none', 400, 'Bad Request', 'unreadable_request', 'Check the address and the headers.');
  }
}
