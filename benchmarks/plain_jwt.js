// The yardstick for viewer_request.js: what a CloudFront function does that checks one JWT in the query (a key from the store, an
// HMAC, JSON, exp) and nothing more. The same work as AWS's sample kvs-jwt-verify, which is known to fit the compute limit.
import crypto from 'crypto';
import cf from 'cloudfront';

const store = cf.kvs();

function equal(a, b) {
  let differ = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) differ |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differ === 0;
}

function check(token, secret) {
  const parts = token.split('.');
  if (parts.length !== 3) throw new Error('not three parts');
  const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
  const signature = crypto.createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest('base64url');
  if (!equal(parts[2], signature)) throw new Error('not signed');
  if (claims.nbf && Date.now() < claims.nbf * 1000) throw new Error('early');
  if (claims.exp && Date.now() > claims.exp * 1000) throw new Error('late');
}

async function handler(event) {
  const query = event.request.querystring;
  try {
    const secret = await store.get('secret');
    check(query.jwt.value, secret);
  } catch (e) {
    return { statusCode: 401, statusDescription: 'Unauthorized' };
  }
  delete query.jwt;
  return event.request;
}
