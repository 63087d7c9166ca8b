// What the page api/routes/verify.html says in a real browser: of files that a person chooses or drops, of every
// vector, and of files of each kind with any bit changed.
//   node verify_page.mjs BROWSER DIRECTORY VECTORS VKEY PROOF RECEIPT SENT URL...
// DIRECTORY: for the browser's own files. Exit: 0 all is as it should be, 1 something is not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Chromium } from './chromium.mjs';

const [program, directory, vectors, vkey, proof, receipt, sent, ...urls] = process.argv.slice(2);
const browser = new Chromium(program, directory);

const casesOf = (name) => JSON.parse(fs.readFileSync(path.join(vectors, `${name}.json`), 'utf8')).cases;
const stepsShown = () => Array.from(document.querySelectorAll('#steps li'), (li) => `${li.className} ${li.textContent}`);
const verdictShown = () => document.querySelector('#verdict').textContent;

// The page counts its runs. The verdict is that of a run which began behind the last one that was looked at.
let seen = 0;
async function expectVerdict(start) {
  await browser.until((last) => run > last && document.querySelector('#verdict').textContent !== '', seen);
  seen = await browser.evaluate(() => run);
  const verdict = await browser.evaluate(verdictShown);
  const steps = await browser.evaluate(stepsShown);
  assert.ok(verdict.startsWith(start), `${start}, but it says ${verdict} ${steps.at(-1)}`);
}

// A person with a key, a proof, and a receipt. Each verdict names the files that it is about.
async function actAsAPerson() {
  const namesOf = (...files) => files.map((file) => `${path.basename(file)} (${fs.statSync(file).size} bytes)`);
  const expectNames = async (start, ...files) => {
    await expectVerdict(start);
    for (const name of namesOf(...files)) assert.ok((await browser.evaluate(verdictShown)).includes(name), name);
  };
  await browser.type('#keys', vkey);
  await browser.drop(proof);
  await expectNames('True', proof);
  assert.equal((await browser.evaluate(stepsShown)).length, 5);
  assert.ok((await browser.evaluate(stepsShown)).every((step) => step.startsWith('holds ')));
  await browser.type('#keys', vkey.replace('+', '+0'));
  await expectVerdict('Not verified');  // who mistypes a key learns nothing about the log
  await browser.type('#keys', vkey);
  await browser.choose('#file', receipt);
  await expectNames('Not verified', receipt);  // what was sent is missing
  await browser.choose('#sent', sent);
  await expectNames('True', receipt, sent);
  assert.ok((await browser.evaluate(() => document.querySelector('#events').textContent)).length > 0);
  const altered = path.join(directory, 'altered');
  fs.writeFileSync(altered, fs.readFileSync(sent, 'latin1').replace(/[a-z]/, 'X'), 'latin1');
  await browser.choose('#sent', altered);
  await expectNames('Not true', receipt, altered);
  assert.match((await browser.evaluate(stepsShown)).at(-1), /^fails The records are in the tree/);
  await browser.drop(proof);  // the record that is given beside it is another one
  await expectNames('Not verified', proof, altered);
  assert.equal(await browser.evaluate(() => document.querySelector('#file').value), '', 'no other file is named');
  const note = path.join(directory, 'note');
  fs.writeFileSync(note, fs.readFileSync(proof, 'utf8').split('\n\n').slice(1).join('\n\n'));
  await browser.drop(note);
  await expectNames('True', note, altered);
  assert.match(await browser.evaluate(verdictShown), /Not looked at: altered/);
  await browser.drop(proof, note);
  await expectVerdict('Not verified: drop one file');
  await browser.drop(note);
  await expectNames('True', note, altered);
  await browser.click('#sent');
  await expectVerdict('True');
  assert.doesNotMatch(await browser.evaluate(verdictShown), /altered/);
  await browser.drop(proof);
  await expectNames('True', proof);
}

// Each claim by the page's own function: [verdict of the vector, verdict of the page, name].
function judgeFiles(cases, field) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Promise.all(cases.map(async (one) => {
    const sent = one.sent === undefined ? null : bytes(one.sent);
    const { verdict } = await verify(new TextEncoder().encode(one[field]), sent, one.vkey);
    return [one.verdict, verdict, one.name];
  }));
}
function judgeProofs(cases, kind) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const proofs = {
    note: async (one) => signersOf(partsOfNote(one.note), [await keyOf(one.vkey)]),
    record: async (one) => {
      recordOf(bytes(one.record));
      need(same(await leafHash(bytes(one.record)), bytes(one.leaf_hash)), 'another hash');
    },
    inclusion: (one) => proveInclusion(bytes(one.leaf_hash), BigInt(one.index), BigInt(one.tree_size),
                                       one.proof.map(bytes), bytes(one.root)),
    consistency: (one) => proveConsistency(BigInt(one.from), bytes(one.from_root), BigInt(one.to), bytes(one.to_root),
                                           one.proof.map(bytes)),
    range: (one) => proveLeaves(one.leaves.map((hash, i) => ({ index: BigInt(one.first_index + i), hash: bytes(hash) })),
                                BigInt(one.tree_size), one.proof.map(bytes), bytes(one.root)),
    leaves: (one) => proveLeaves(one.leaves.map((hash, i) => ({ index: BigInt(one.indexes[i]), hash: bytes(hash) })),
                                 BigInt(one.tree_size), one.proof.map(bytes), bytes(one.root)),
  };
  return Promise.all(cases.map(async (one) => {
    try { await proofs[kind](one); return [one.verdict, 'true', one.name]; }
    catch { return [one.verdict, 'false', one.name]; }
  }));
}

// Of these the page says what it did not check.
const kNeverWhole = ['contradiction', 'evidence', 'gap-certificate'];

async function judgeVectors() {
  const fields = { checkpoint: 'note', 'tlog-proof': 'file', receipt: 'receipt',
                   contradiction: 'file', evidence: 'file', 'gap-certificate': 'file' };
  let judged = 0;
  for (const [name, field] of Object.entries(fields))
    for (const [expected, said, which] of await browser.evaluate(judgeFiles, casesOf(name), field)) {
      const allowed = expected !== 'true' ? ['false', 'unknown'] : [kNeverWhole.includes(name) ? 'unknown' : 'true'];
      assert.ok(allowed.includes(said), `${name}: ${which}: ${said}`);
      if (name === 'contradiction' && expected === 'claim') assert.equal(said, 'false', which);
      ++judged;
    }
  for (const name of ['note', 'record', 'inclusion', 'consistency', 'range', 'leaves'])
    for (const [expected, said, which] of await browser.evaluate(judgeProofs, casesOf(name), name)) {
      assert.equal(said === 'true', expected === 'true', `${name}: ${which}`);
      ++judged;
    }
  return judged;
}

// The bits of a file that may be another: each, or one of each byte, is flipped, and the verdict may not be the one of
// the file itself.
function flipBitsOf(text, sent, key, each) {
  const file = new TextEncoder().encode(text);
  const body = sent === null ? null : Uint8Array.from(atob(sent), (c) => c.charCodeAt(0));
  const last = ({ verdict, steps }) => `${verdict} ${steps.at(-1).what}`;
  const all = Array.from({ length: file.length * 8 }, (_, bit) => bit);
  const bits = each ? all : all.filter((bit) => bit % 8 === (bit >> 3) % 8);
  return verify(file, body, key).then((whole) => Promise.all(bits.map(async (bit) => {
    const bent = file.slice();
    bent[bit >> 3] ^= 1 << (bit & 7);
    return last(await verify(bent, body, key)) === last(whole);
  }))).then((taken) => bits.filter((_, i) => taken[i]));
}
async function flipBits() {
  const caseOf = (file, name) => casesOf(file).find((one) => one.name === name);
  const proof = caseOf('tlog-proof', 'of record 2');
  const cosigned = { vkey: proof.vkey, file: caseOf('cosignature', 'by one witness').note };
  const before = cosigned.file.slice(0, cosigned.file.indexOf('\u2014 north'));
  const bitsOfCosignature = new TextEncoder().encode(before).length * 8;
  const files = [
    [proof], [caseOf('tlog-proof', 'of record 2, signed with ECDSA P-256')],
    [caseOf('receipt', 'of two events of a client'), 'receipt'],
    [caseOf('contradiction', 'two trees, of 3 and of 5 records')], [cosigned]];
  let flipped = 0;
  for (const [one, field = 'file'] of files) {
    const bits = new TextEncoder().encode(one[field]).length * (one === proof ? 8 : 1);
    const taken = await browser.evaluate(flipBitsOf, one[field], one.sent ?? null, one.vkey, one === proof);
    // The page knows no witness, and passes over his line: it has to be a line, no more.
    const wrong = one === cosigned ? taken.filter((bit) => bit < bitsOfCosignature) : taken;
    assert.deepEqual(wrong, [], `bits of ${one.name ?? 'a cosigned checkpoint'} may be another`);
    flipped += bits;
  }
  return flipped;
}

// An honest log must not be called a liar for what this page, its browser or its user cannot do.
function judgeHonestFiles(proof, receipt, evidence, others, wrongKey) {
  const bytes = (text) => new TextEncoder().encode(text);
  const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const cases = {
    'a later proof': [bytes(proof.file.replace('@v1', '@v2')), null, proof.vkey],
    'later evidence': [bytes(evidence.file.replace(' v1\n', ' v2\n')), null, evidence.vkey],
    'other JSON': [bytes('{"format":"varve bundle v1"}'), null, proof.vkey],
    'no JSON': [bytes('{'), null, proof.vkey],
    'some text': [bytes('hello\n'), null, proof.vkey],
    'no text': [new Uint8Array([0xff, 0xfe]), null, proof.vkey],
    'an empty file': [new Uint8Array(0), null, proof.vkey],
    'the key of another log': [bytes(proof.file), null, others],
    'another key of the log': [bytes(proof.file), null, wrongKey],
    'no key': [bytes(proof.file), null, ''],
    'two keys': [bytes(proof.file), null, `${proof.vkey}\n${wrongKey}`],
    'a key of small order': [bytes(proof.file), null, 'a+cae63997+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    'something else was sent': [bytes(receipt.receipt), bytes('x'), receipt.vkey],
    'the batch is cut': [bytes(receipt.receipt), decoded(receipt.sent).slice(0, -1), receipt.vkey],
    'another record is given': [bytes(proof.file), bytes('x'), proof.vkey],
    'the proof has no record': [bytes(proof.file.replace(/extra .*\n/, '')), null, proof.vkey],
    'a record of version 2': [bytes(proof.file.replace('extra AQ', 'extra Ag')), null, proof.vkey],
    'a proof of more than 1 MiB': [bytes(proof.file + ' '.repeat(1 << 20)), null, proof.vkey],
  };
  return Promise.all(Object.entries(cases).map(async ([name, [file, sent, key]]) => {
    const { verdict, steps } = await verify(file, sent, key);
    return [name, verdict, steps.at(-1).said];
  }));
}
async function judgeHonesty() {
  const proof = casesOf('tlog-proof')[0];
  const receipt = casesOf('receipt')[0];
  const evidence = casesOf('evidence')[0];
  const wrongKey = casesOf('tlog-proof').find(({ name }) => name.includes('P-256')).vkey;
  const said = await browser.evaluate(judgeHonestFiles, proof, receipt, evidence, evidence.vkey, wrongKey);
  for (const [name, verdict, why] of said) assert.equal(verdict, 'unknown', `${name}: ${why}`);
  assert.match(said.find(([name]) => name === 'a key of small order')[2], /small order/);
}

// What is in a file is shown as text, and as nothing that hides or turns.
async function showStrangersText() {
  const file = path.join(directory, 'stranger');
  fs.writeFileSync(file, '<img src=x onerror=document.title="run">\u202e\n1\nroot\n\n\u2014 x y\n');
  await browser.choose('#file', file);
  await expectVerdict('Not verified');
  const page = await browser.evaluate(() => ({ title: document.title, images: document.images.length,
                                               text: document.body.innerText }));
  assert.notEqual(page.title, 'run');
  assert.equal(page.images, 0);
  assert.match(page.text, /<img src=x/);
  assert.match(page.text, /\\u\{202e\}/);
}

try {
  for (const url of urls) {
    await browser.open(url);
    seen = 0;
    assert.equal(await browser.evaluate(verdictShown), '', 'a key for signatures is there');
    await actAsAPerson();
    await showStrangersText();
    const judged = await judgeVectors();
    await judgeHonesty();
    const bits = url === urls[0] ? await flipBits() : 0;
    const asked = browser.events.filter(({ method, params }) => method === 'Network.requestWillBeSent' &&
                                                                params.request.url !== url);
    assert.deepEqual(asked, [], 'the page asks for nothing');
    const complaints = browser.events.filter(({ method }) => method === 'Log.entryAdded');
    assert.deepEqual(complaints.map(({ params }) => params.entry.text).filter((text) => !/favicon/.test(text)), []);
    // The policy, and not the page's own restraint, keeps it from the network.
    assert.equal(await browser.evaluate(() => fetch(location.href).then(() => 'fetched', () => 'refused')), 'refused');
    console.log(`${url}: ${judged} vectors, ${bits} bits`);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
