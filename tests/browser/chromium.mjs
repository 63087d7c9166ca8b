// A Chromium without a window, told what to do over a pipe (the DevTools protocol): no library, no port.
import { spawn } from 'node:child_process';

export class Chromium {
  constructor(program, directory) {
    const root = process.getuid() === 0 ? ['--no-sandbox'] : [];  // it refuses to run as root otherwise
    this.child = spawn(program, ['--headless', '--remote-debugging-pipe', `--user-data-dir=${directory}`,
                                 '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage',
                                 '--ignore-certificate-errors', ...root],
                       { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.waiting = new Map();
    this.events = [];
    this.last = 0;
    let text = '';
    this.child.stdio[4].setEncoding('utf8').on('data', (part) => {
      const messages = (text + part).split('\0');
      text = messages.pop();
      for (const message of messages) this.take(JSON.parse(message));
    });
    this.child.on('exit', (code) => {
      this.ended = code ?? 'a signal';
      for (const { reject } of this.waiting.values()) reject(new Error(`Chromium ended with ${code}`));
    });
  }

  take(message) {
    if (message.id === undefined) return this.events.push(message);
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(JSON.stringify(message.error)));
    else resolve(message.result);
  }

  ask(method, params = {}) {
    if (this.ended !== undefined) throw new Error(`Chromium has ended with ${this.ended}`);
    const id = ++this.last;
    this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /// Opens a page in a tab of its own, and waits until its script has run.
  async open(url) {
    this.session = undefined;
    const { targetId } = await this.ask('Target.createTarget', { url: 'about:blank' });
    this.session = (await this.ask('Target.attachToTarget', { targetId, flatten: true })).sessionId;
    for (const domain of ['Page', 'Runtime', 'Log', 'DOM', 'Network']) await this.ask(`${domain}.enable`);
    this.events = [];
    const { errorText } = await this.ask('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    while (!this.events.some(({ method }) => method === 'Page.loadEventFired')) await this.evaluate(() => 0);
  }

  /// What `work` returns in the page, of values that JSON has.
  async evaluate(work, ...values) {
    const expression = `(${work})(${values.map((value) => JSON.stringify(value)).join(',')})`;
    const { result, exceptionDetails } =
      await this.ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /// As a person who chooses a file.
  async choose(selector, file) {
    const { root } = await this.ask('DOM.getDocument');
    const { nodeId } = await this.ask('DOM.querySelector', { nodeId: root.nodeId, selector });
    await this.ask('DOM.setFileInputFiles', { nodeId, files: [file] });
  }

  /// As a person who drops files into the middle of the page.
  async drop(...files) {
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'])
      await this.ask('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  }

  /// As a person who types.
  async type(selector, text) {
    await this.evaluate((where) => { document.querySelector(where).value = ''; document.querySelector(where).focus(); },
                        selector);
    await this.ask('Input.insertText', { text });
  }

  /// As the page sees a click.
  async click(selector) {
    await this.evaluate((where) => document.querySelector(where).dispatchEvent(new Event('click')), selector);
  }

  /// Until `holds` is true in the page. Fails when the browser has ended.
  async until(holds, ...values) {
    while (!(await this.evaluate(holds, ...values))) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async close() {
    this.session = undefined;
    const ended = new Promise((resolve) => this.child.on('exit', resolve));
    await this.ask('Browser.close');
    await ended;
  }
}
