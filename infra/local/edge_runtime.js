// What cloudfront-js-2.0 gives a function beside the language itself: the modules `cloudfront` and `crypto`, Buffer, a clock
// that stands still, console. And what QuickJS has but that runtime has not is taken away. Driven by edge_runtime.py.
(function () {
  'use strict';
  const { parse, stringify } = JSON;
  const { escape, unescape } = globalThis;
  const wellFormed = String.prototype.toWellFormed;
  const MOST_DIGESTS = 256;
  let handler, milliseconds, run, wanted, waiting, logs, outcome;
  let digests = Object.create(null); // kept from run to run: the same text has the same digest always
  let kept = 0;

  // Buffer: https://nginx.org/en/docs/njs/reference.html#buffer; malformed input is read as far as it is well formed, as there.
  const ASCII = /^[\x00-\x7f]*$/;
  function encode(text) {
    return Uint8Array.fromBase64(btoa(ASCII.test(text) ? text : unescape(encodeURIComponent(wellFormed.call(text)))));
  }
  function decode(bytes) {
    const binary = atob(bytes.toBase64());
    if (ASCII.test(binary)) return binary;
    try {
      return decodeURIComponent(escape(binary));
    } catch (_) {
      return binary.replace(/[\x80-\xff]/g, '\ufffd'); // not UTF-8: no byte is mistaken for a letter, which is all that matters
    }
  }
  function fromBase64(text, shape, alphabet) {
    try {
      const bytes = Uint8Array.fromBase64(text, { alphabet });
      if (bytes.length === (text.length * 3) >> 2) return bytes; // no space or padding was skipped
    } catch (_) { /* something in it is not base64 */ }
    const whole = shape.exec(text)[0];
    return Uint8Array.fromBase64(whole.length % 4 === 1 ? whole.slice(0, -1) : whole, { alphabet });
  }
  class Buffer extends Uint8Array {
    static from(value, encoding) {
      if (typeof value !== 'string') return view(Uint8Array.from(value));
      if (encoding === 'base64url') return view(fromBase64(value, /^[A-Za-z0-9_-]*/, encoding));
      if (encoding === 'base64') return view(fromBase64(value, /^[A-Za-z0-9+/]*/, encoding));
      if (encoding === 'hex') return view(Uint8Array.fromHex(/^([0-9A-Fa-f]{2})*/.exec(value)[0]));
      if (encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') return view(encode(value));
      throw new TypeError(`"${encoding}" encoding is not supported`);
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static concat(list) {
      return Buffer.from([].concat(...list.map((one) => Array.from(one))));
    }
    equals(other) {
      return this.toHex() === other.toHex();
    }
    toString(encoding) {
      if (encoding === 'base64url') return this.toBase64({ alphabet: encoding, omitPadding: true });
      if (encoding === 'base64') return this.toBase64();
      if (encoding === 'hex') return this.toHex();
      if (encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') return decode(this);
      throw new TypeError(`"${encoding}" encoding is not supported`);
    }
  }
  function view(bytes) {
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  function part(value) {
    return typeof value === 'string' ? `t${value}` : `h${value.toHex()}`;
  }

  class Digest {
    constructor(algorithm, key) {
      if (!['md5', 'sha1', 'sha256'].includes(algorithm)) throw new TypeError(`not supported algorithm: "${algorithm}"`);
      this.wish = [algorithm, key];
    }
    update(data) {
      this.wish.push(part(data));
      return this;
    }
    digest(encoding) {
      const wish = stringify([encoding === undefined ? 'hex' : encoding].concat(this.wish));
      const known = digests[wish];
      if (known === undefined) {
        wanted = wish;
        throw new Error('this run is in vain: there will be another, with the digest');
      }
      return encoding === undefined ? Buffer.from(known, 'hex') : known;
    }
  }

  // Keys: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-custom-methods.html
  function ask(key, answer) {
    return new Promise((resolve, reject) => {
      waiting.push({ key: String(key), resolve: (value) => resolve(answer(value)), reject });
    });
  }
  const store = {
    get: (key, options) => ask(key, (value) => {
      if (value === null) return Promise.reject(new Error('KeyNotFound'));
      return options && options.format === 'json' ? Promise.resolve(value).then(parse) : value;
    }),
    exists: (key) => ask(key, (value) => value !== null),
  };
  const modules = {
    cloudfront: { kvs: () => store },
    crypto: {
      createHash: (algorithm) => new Digest(algorithm, null),
      createHmac: (algorithm, key) => new Digest(algorithm, part(key)),
    },
  };

  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      parts.length ? super(...parts) : super(milliseconds);
    }
    static now() {
      return milliseconds;
    }
  };
  globalThis.Buffer = Buffer;
  globalThis.console = { log: (line) => void logs.push(String(line)) };

  // The driver's doors.
  globalThis.__load = (make) => {
    handler = make(modules);
    for (const name of ['__load', '__start', '__look', '__tell', '__keep']) delete globalThis[name];
  };
  globalThis.__start = (event, moment) => {
    const mine = (run = {}); // what is left of an earlier, abandoned run must not answer for this one
    milliseconds = Math.floor(moment);
    wanted = outcome = undefined;
    waiting = [];
    logs = [];
    const answered = (answer) => { if (mine === run) outcome = { answer }; };
    const failed = (reason) => { if (mine === run) outcome = { error: reason === null ? 'out of memory' : `${reason}` }; };
    try {
      const given = handler(parse(event));
      given instanceof Promise ? given.then(answered, failed) : answered(given);
    } catch (reason) {
      failed(reason);
    }
  };
  globalThis.__look = () => {
    if (wanted !== undefined) return stringify({ wanted });
    if (waiting.length > 0) return stringify({ keys: waiting.map((one) => one.key) });
    return stringify(logs.length > 0 ? Object.assign({ logs }, outcome) : outcome || {});
  };
  globalThis.__tell = (values) => {
    const waited = waiting;
    waiting = [];
    parse(values).forEach(([value, problem], i) => {
      problem === null ? waited[i].resolve(value) : waited[i].reject(new Error(problem));
    });
  };
  globalThis.__keep = (wish, digest) => {
    if (kept++ % MOST_DIGESTS === 0) digests = Object.create(null);
    digests[wish] = digest;
  };

  // Also measured at AWS in 2026: none of these is there, so a function that leans on one fails here too.
  for (const name of ['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect', 'BigInt', 'eval', 'Function', 'performance',
    'escape', 'unescape', 'queueMicrotask', 'structuredClone', 'Iterator', 'FinalizationRegistry']) delete globalThis[name];
  for (const name of ['at', 'flat', 'flatMap', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with']) {
    delete Array.prototype[name];
  }
  for (const name of ['at', 'matchAll', 'normalize', 'isWellFormed', 'toWellFormed']) delete String.prototype[name];
  for (const name of ['fromEntries', 'hasOwn', 'groupBy']) delete Object[name];
})();
