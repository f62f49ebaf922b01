// A chart of one's own is added to the page, rendered, merged and watched.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { lab } from './lab.mjs';
import { count, look, merge, pause, press, propose } from './story.mjs';

const PHONE = { width: 390, height: 844 };
const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: greeter\nversion: 0.1.0\n',
  'values.yaml': 'replicas: 2\nimage:\n  repository: ghcr.io/somebody/greeter\n  tag: "1"\n',
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: greeter } }
  template:
    metadata: { labels: { app: greeter } }
    spec:
      containers:
        - name: greeter
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          ports: [{ name: http, containerPort: 9000 }]
          readinessProbe: { httpGet: { path: /ready, port: http } }
`,
};

/** A file of a tar archive: a header of one block, then the content, filled up to whole blocks. */
function entry(name, text) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const content = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  content.write(text);
  return Buffer.concat([header, content]);
}

const packed = (files) =>
  gzipSync(Buffer.concat([...Object.entries(files).map(([path, text]) => entry(path, text)), Buffer.alloc(1024)]));
const inside = (files) => Object.fromEntries(Object.entries(files).map(([path, text]) => [`greeter/${path}`, text]));

/** Drops a file onto the page. */
const drop = (page, name, bytes) =>
  page.evaluate(
    ([name, bytes]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
      const event = (type) => new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event('dragover'));
      document.body.dispatchEvent(event('drop'));
    },
    [name, [...bytes]],
  );

/** Drops a folder onto the page: what the browser says of it is played, for no test can hold a folder. */
const dropFolder = (page, name, files) =>
  page.evaluate(
    ([name, files]) => {
      // As browsers do, it hands out what is in a folder piece by piece, and nothing once all is told.
      const folder = (path, inside) => ({
        isFile: false,
        isDirectory: true,
        name: path.split('/').pop(),
        fullPath: path,
        createReader() {
          const waiting = [...inside].map(([name, it]) => (it instanceof Map ? folder(`${path}/${name}`, it) : file(`${path}/${name}`, it)));
          return { readEntries: (found) => setTimeout(() => found(waiting.splice(0, 2))) };
        },
      });
      const file = (fullPath, text) => {
        const name = fullPath.split('/').pop();
        return { isFile: true, isDirectory: false, name, fullPath, file: (found) => setTimeout(() => found(new File([text], name))) };
      };
      const root = new Map();
      for (const [path, text] of Object.entries(files)) {
        const parts = path.split('/');
        const last = parts.pop();
        let at = root;
        for (const part of parts) at = at.get(part) ?? at.set(part, new Map()).get(part);
        at.set(last, text);
      }
      const entry = folder(`/${name}`, root);
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], name));
      DataTransferItem.prototype.webkitGetAsEntry = () => entry;
      const event = (type) => new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event('dragover'));
      document.body.dispatchEvent(event('drop'));
    },
    [name, files],
  );

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a packed chart is dropped, renders, and rolls out${at}`, size, async (page) => {
    await drop(page, 'greeter-0.1.0.tgz', packed(inside(CHART)));
    const manifest = page.getByTestId('manifest');
    await manifest.getByText('Release greeter, as the workflow installs it').waitFor();
    await manifest.getByRole('button', { name: 'replicas: 2' }).waitFor();
    await page.getByText('it starts in 2 s, listens on 9000').waitFor();
    const plan = await propose(page);
    assert.ok(plan.some(({ object, effect }) => /greeter/.test(object) && effect === 'created'), JSON.stringify(plan));
    await merge(page);
    await pause(page);
    await press(page, 'End');
    const scene = await look(page);
    assert.equal(count({ ...scene, pods: scene.pods.filter(({ name }) => name.startsWith('greeter')) }, 'ready'), 2);
  });
}

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a chart's folder is dropped with all that is below it, but for what git keeps there${at}`, size, async (page) => {
    const more = { 'templates/tests/check.yaml': '', 'templates/_helpers.tpl': '', 'ci/a-values.yaml': '{}\n', '.git/config': '[core]\n' };
    await dropFolder(page, 'greeter', { ...CHART, ...more });
    const manifest = page.getByTestId('manifest');
    await manifest.getByText('Release greeter, as the workflow installs it').waitFor();
    await manifest.getByRole('button', { name: 'replicas: 2' }).waitFor();
    const paths = await page.getByRole('navigation', { name: /^Files of/ }).getByRole('button').evaluateAll((all) => all.map((it) => it.getAttribute('aria-label') ?? ''));
    const own = paths.filter((path) => path.startsWith('greeter/'));
    for (const path of ['templates/tests/check.yaml', 'ci/a-values.yaml', 'Chart.yaml']) assert.ok(own.some((it) => it.includes(path)), own.join());
    assert.ok(!own.some((it) => it.includes('.git/')), own.join());
    const plan = await propose(page);
    assert.ok(plan.some(({ object, effect }) => /greeter/.test(object) && effect === 'created'), JSON.stringify(plan));
  });
}

lab('a folder is chosen by a button', async (page) => {
  const folder = await mkdtemp(join(tmpdir(), 'chart-'));
  try {
    for (const [path, text] of Object.entries(inside(CHART))) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const button = page.getByRole('button', { name: 'Add a chart…' });
    await button.waitFor();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()]);
    await chooser.setFiles(join(folder, 'greeter'));
    await page.getByTestId('manifest').getByText('Release greeter').waitFor();
  } finally {
    await rm(folder, { recursive: true });
  }
});

lab('one is chosen by a button instead', async (page) => {
  await page.getByRole('button', { name: 'Add a .tgz…' }).waitFor();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Add a .tgz…' }).click()]);
  await chooser.setFiles({ name: 'greeter.tgz', mimeType: 'application/gzip', buffer: packed(inside(CHART)) });
  await page.getByTestId('manifest').getByText('Release greeter').waitFor();
});

lab('what is no chart is refused in the words of Helm', async (page) => {
  const { 'Chart.yaml': _, ...headless } = CHART;
  for (const [name, bytes, why] of [
    ['x.tgz', Buffer.from('not a packed chart at all'), /file 'x\.tgz' does not appear to be a valid chart file/],
    ['x.tgz', packed({ 'greeter/../../etc/passwd': 'x' }), /unable to load chart archive/],
    ['x.tgz', packed(inside(headless)), /Chart\.yaml file is missing/],
    ['x.tgz', packed(inside({ ...CHART, 'Chart.yaml': 'apiVersion: v2\nname: greeter\n' })), /chart\.metadata\.version is required/],
  ]) {
    await drop(page, name, bytes);
    await page.getByTestId('problem').filter({ hasText: why }).waitFor();
  }
});
