// COSE receipts, verified with @transmute/cose and a key set: node cose.mjs inclusion KEYS RECEIPT LEAF
//                                                             node cose.mjs consistency KEYS RECEIPT OLD-ROOT NEW-ROOT
//                                                             node cose.mjs bits KEYS RECEIPT LEAF
// The last one: the receipt does not verify with a bit of any byte changed.
// KEYS and RECEIPT are files, a leaf is its hash in hex, and so is a root. Exit: 0 it verifies, 1 it does not.
// That package knows ECDSA alone. Of an Ed25519 signature it makes what is signed, and Node's own crypto verifies.
import crypto from 'node:crypto';
import fs from 'node:fs';
import * as cose from '@transmute/cose';

const [kind, keysFile, receiptFile, ...hashes] = process.argv.slice(2);
const bytes = (file) => new Uint8Array(fs.readFileSync(file));
const roots = hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'hex')));
const base64url = (value) => Buffer.from(value).toString('base64url');
const keys = cose.cbor.decode(bytes(keysFile));

function verifierOf(receipt) {
  const header = cose.cbor.decode(cose.cbor.decode(receipt).value[0]);
  const kid = Buffer.from(header.get(4)).toString();
  const key = keys.find((one) => Buffer.from(one.get(2)).toString() === kid);
  if (key === undefined || key.get(3) !== header.get(1)) throw new Error(`no such key: ${kid}`);
  const x = base64url(key.get(-2));
  if (header.get(1) === -7) {
    const jwk = { kty: 'EC', crv: 'P-256', alg: 'ES256', x, y: base64url(key.get(-3)) };
    return cose.detached.verifier({ resolver: { resolve: async () => jwk } });
  }
  return {
    verify: async ({ coseSign1, payload }) => {
      const [protectedHeader, , , signature] = cose.cbor.decode(coseSign1).value;
      const signed = cose.cbor.encode(['Signature1', protectedHeader, Buffer.alloc(0), Buffer.from(payload)]);
      const key = crypto.createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
      if (!crypto.verify(null, Buffer.from(signed), key, Buffer.from(signature))) throw new Error('not its signature');
      return payload;
    },
  };
}

// That the proof is of the tree whose size is signed: a proof of one record does not always show how large its tree is.
function expectSizeThatIsSigned(receipt) {
  const [header, proofs] = cose.cbor.decode(receipt).value;
  const [proof] = proofs.get(396).values().next().value;
  const [first, second] = cose.cbor.decode(proof);
  const size = kind === 'consistency' ? second : first;
  if (String(size) !== cose.cbor.decode(header).get(15).get(2)) throw new Error('the tree is of another size');
}

async function verify(receipt) {
  const verifier = verifierOf(receipt);
  expectSizeThatIsSigned(receipt);
  const holds = kind === 'consistency'
    ? await cose.receipt.consistency.verify({ oldRoot: roots[0], newRoot: roots[1], receipt, verifier })
    : await cose.receipt.inclusion.verify({ entry: roots[0], receipt, verifier });
  if (holds === false) throw new Error('the proof does not hold');
}

const receipt = bytes(receiptFile);
await verify(receipt);
if (kind === 'bits') {
  const taken = [];
  for (let at = 0; at < receipt.length; ++at) {
    const bent = receipt.slice();
    bent[at] ^= 1 << (at & 7);
    try { await verify(bent); taken.push(at); } catch { /* as it should be */ }
  }
  if (taken.length > 0) throw new Error(`verifies with byte ${taken} changed`);
}
console.log('true');
