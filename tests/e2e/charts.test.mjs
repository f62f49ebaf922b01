// A chart of one's own is added to the page, rendered, merged and watched.
import assert from 'node:assert/strict';
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
