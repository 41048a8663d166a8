// Tells the client what became of its pass. Here and not in the cached answer, which is the same for all of a tier.
// Runs as CloudFront Function (cloudfront-js-2.0) on answers below 400; viewer_request.js has put the state on the request.
const STATES = ['none', 'valid', 'expired', 'invalid', 'elsewhere', 'unverifiable'];

function handler(event) {
  const given = event.request.headers['x-pass-state'];
  if (given !== undefined && STATES.indexOf(given.value) >= 0) event.response.headers['x-pass'] = { value: given.value };
  return event.response;
}
