// Requests to what is personal (accounts, sign-in, newsletters) pass here. Nothing is cached behind this and no pass is read:
// it says whose address the viewer has, takes away what only we may say, and lets one spelling of a path through.
// A CloudFront Function (cloudfront-js-2.0), beside viewer_request.js, whose rules for paths are these.
const PATH = /^(\/\.well-known)?(\/[a-z0-9_-][a-z0-9._-]*)+$/;
const OURS = /^x[-_](reader|pass)([-_]|$)|^x[-_](edge[-_]proof|viewer[-_]address)$/i;
const HEADERS = { // response headers policies are for answers from the origin
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

// The one spelling of a path; null when more is wrong than case and a last slash.
function canonical(uri) {
  if (uri.length > 513) return null;
  const lower = uri.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const path = lower.charAt(lower.length - 1) === '/' ? lower.slice(0, -1) : lower;
  const found = PATH.exec(path); // a `$` matches before a last newline too, so the whole is compared
  return path.length <= 512 && found !== null && found[0] === path ? path : null;
}

function answer(status, title, headers) {
  Object.keys(HEADERS).forEach((name) => {
    headers[name] = { value: HEADERS[name] };
  });
  return { statusCode: status, statusDescription: title, headers: headers };
}

function problem(status, title, code, detail) {
  const response = answer(status, title, { 'content-type': { value: 'application/problem+json' } });
  const body = { type: 'about:blank', title: title, status: status, code: code, detail: detail };
  response.body = { encoding: 'text', data: JSON.stringify(body) };
  return response;
}

// All of the query as it came, but for what could end the header.
function queryOf(request) {
  const parts = [];
  Object.keys(request.querystring).forEach((name) => {
    const given = request.querystring[name];
    (given.multiValue || [given]).forEach((one) => parts.push(one.value === '' ? name : `${name}=${one.value}`));
  });
  return parts.length === 0 ? '' : `?${parts.join('&').replace(/[^A-Za-z0-9._~%+=&!$'()*,;:@/?-]+/g, encodeURIComponent)}`;
}

function decide(event) {
  const request = event.request;
  const path = canonical(request.uri);
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (path === null || (path !== request.uri && !reads)) {
    return problem(404, 'Not Found', 'not_found', 'There is nothing here. Check the address.');
  }
  if (path !== request.uri) return answer(301, 'Moved Permanently', { location: { value: path + queryOf(request) } });
  Object.keys(request.headers).forEach((name) => {
    if (OURS.test(name)) delete request.headers[name];
  });
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  return request;
}

function handler(event) {
  try {
    return decide(event);
  } catch (e) { // a throw would be CloudFront's own bare 503
    return problem(400, 'Bad Request', 'unreadable_request', 'Check the address and the headers.');
  }
}
