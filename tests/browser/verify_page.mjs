// What the page api/routes/verify.html says in a real browser: of files that a person chooses or drops, of every
// vector, and of a proof with any bit changed.
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

// Of what the page does not know, and of other logs, it says so, and calls nobody a liar.
async function judgeStrangers() {
  for (const [file, key] of [['varve evidence v2\n', vkey], ['c2sp.org/tlog-proof@v2\n', vkey], ['x', `${vkey}\nother`],
                             [casesOf('tlog-proof')[0].file, casesOf('evidence')[0].vkey], ['{}', '']])
    assert.equal(await browser.evaluate((text, keys) => verify(new TextEncoder().encode(text), null, keys)
      .then(({ verdict }) => verdict), file, key), 'unknown', file);
}

async function expectVerdict(start) {
  await browser.until((text) => document.querySelector('#verdict').textContent.startsWith(text), start);
}

// A person with a key, a proof, and a receipt.
async function actAsAPerson() {
  await browser.type('#keys', vkey);
  await browser.drop(proof);
  await expectVerdict('True');
  assert.equal((await browser.evaluate(stepsShown)).length, 4);
  assert.ok((await browser.evaluate(stepsShown)).every((step) => step.startsWith('holds ')));
  await browser.type('#keys', vkey.replace('+', '+0'));
  await expectVerdict('Not verified');  // a key that is none says nothing of the log
  await browser.type('#keys', vkey);
  await browser.choose('#file', receipt);
  await expectVerdict('Not verified');  // what was sent is missing
  await browser.choose('#sent', sent);
  await expectVerdict('True');
  assert.ok((await browser.evaluate(() => document.querySelector('#events').textContent)).length > 0);
  const altered = path.join(directory, 'altered');
  fs.writeFileSync(altered, fs.readFileSync(sent, 'latin1').replace(/[a-z]/, 'X'), 'latin1');
  await browser.choose('#sent', altered);
  await expectVerdict('It does not hold');
  assert.match((await browser.evaluate(stepsShown)).at(-1), /^fails The records are in the tree/);
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

async function judgeVectors() {
  const fields = { checkpoint: 'note', 'tlog-proof': 'file', receipt: 'receipt', contradiction: 'file' };
  let judged = 0;
  for (const [name, field] of Object.entries(fields))
    for (const [expected, said, which] of await browser.evaluate(judgeFiles, casesOf(name), field)) {
      assert.equal(said === 'true', expected === 'true', `${name}: ${which}`);
      ++judged;
    }
  for (const name of ['record', 'inclusion', 'consistency', 'range', 'leaves'])
    for (const [expected, said, which] of await browser.evaluate(judgeProofs, casesOf(name), name)) {
      assert.equal(said === 'true', expected === 'true', `${name}: ${which}`);
      ++judged;
    }
  // Of these the page says what it did not check.
  for (const name of ['evidence', 'gap-certificate'])
    for (const [expected, said, which] of await browser.evaluate(judgeFiles, casesOf(name), 'file')) {
      assert.ok(said === 'unknown' || (said === 'false' && expected !== 'true'), `${name}: ${which}: ${said}`);
      ++judged;
    }
  return judged;
}

function flipEveryBit(text, key) {
  const file = new TextEncoder().encode(text);
  const bits = Array.from({ length: file.length * 8 }, (_, bit) => bit);
  return Promise.all(bits.map(async (bit) => {
    const bent = file.slice();
    bent[bit >> 3] ^= 1 << (bit & 7);
    return (await verify(bent, null, key)).verdict === 'true';
  })).then((taken) => bits.filter((bit) => taken[bit]));
}

// What is in a file is shown as text, and as nothing that hides or turns.
async function showStrangersText() {
  const file = path.join(directory, 'stranger');
  fs.writeFileSync(file, '<img src=x onerror=document.title="run">\u202e\n1\nroot\n\n\u2014 x y\n');
  await browser.choose('#file', file);
  await expectVerdict('Not verified');  // of another log: that is no lie of this one
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
    assert.equal(await browser.evaluate(verdictShown), '', 'a key for signatures is there');
    await actAsAPerson();
    await showStrangersText();
    await judgeStrangers();
    const judged = await judgeVectors();
    const good = casesOf('tlog-proof')[0];
    const taken = await browser.evaluate(flipEveryBit, good.file, good.vkey);
    assert.deepEqual(taken, [], 'bits of the proof that may be another');
    const asked = browser.events.filter(({ method, params }) => method === 'Network.requestWillBeSent' &&
                                                                params.request.url !== url);
    assert.deepEqual(asked, [], 'the page asks for nothing');
    const complaints = browser.events.filter(({ method }) => method === 'Log.entryAdded');
    assert.deepEqual(complaints.map(({ params }) => params.entry.text).filter((text) => !/favicon/.test(text)), []);
    // The policy, and not the page's own restraint, keeps it from the network.
    assert.equal(await browser.evaluate(() => fetch(location.href).then(() => 'fetched', () => 'refused')), 'refused');
    console.log(`${url}: ${judged} vectors, ${good.file.length * 8} bits`);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
