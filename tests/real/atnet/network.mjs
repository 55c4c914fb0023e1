// The AT Protocol's own services (PLC directory, PDS, AppView) for the integration tests, on loopback only.
//
//   node network.mjs '{"modules": FOLDER, "appview": true, "rateLimits": false, "log": false}'
//
// FOLDER holds node_modules. One JSON line on standard output says where everything listens; then the network runs
// until standard input closes (the test runner died or is done) or a SIGTERM comes, and removes what it wrote.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'

const LOOPBACK = '127.0.0.1'
const options = { modules: process.cwd(), appview: true, rateLimits: false, log: false, ...JSON.parse(process.argv[2] ?? '{}') }
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-atnet-'))
const databases = []
let network
let ending = false

// The services say listen(port), which means every interface of the machine. Here it means loopback.
function listenOnLoopbackOnly() {
  const listen = net.Server.prototype.listen
  net.Server.prototype.listen = function (first, ...rest) {
    if (first !== null && typeof first === 'object') {
      return listen.call(this, 'port' in first ? { ...first, host: LOOPBACK } : first, ...rest)
    }
    if (Number.isInteger(Number(first))) {
      return listen.call(this, { port: Number(first), host: LOOPBACK }, ...rest.filter((arg) => typeof arg === 'function'))
    }
    return listen.call(this, first, ...rest)
  }
}

async function unusedPort() {
  const server = net.createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function accepting(port, child) {
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`)
    const socket = net.connect(port, LOOPBACK)
    const open = await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
    socket.destroy()
    if (open) return
    await pause(50)
  }
  throw new Error(`nothing listens on port ${port} after 20 s`)
}

// setpriv: the kernel ends a database with this process, however this process ends; and PostgreSQL will not run as root.
function database(signal, account, command, args) {
  const dying = ['--pdeathsig', signal.replace('SIG', '')]
  const as = account ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'] : []
  const out = fs.openSync(path.join(folder, `${path.basename(command)}.log`), 'a')
  const child = spawn('setpriv', [...dying, ...as, command, ...args], { cwd: '/', stdio: ['ignore', out, out] })
  databases.push({ child, signal })
  return child
}

function newestPostgres() {
  const base = '/usr/lib/postgresql'
  const versions = fs.existsSync(base) ? fs.readdirSync(base).map(Number).filter(Number.isFinite).sort((a, b) => b - a) : []
  const found = versions.map((version) => path.join(base, String(version), 'bin')).find((bin) => fs.existsSync(path.join(bin, 'initdb')))
  if (!found) throw new Error(`no PostgreSQL under ${base}`)
  return found
}

function unprivileged() {
  if (process.getuid() !== 0) return null
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

async function postgres() {
  const bin = newestPostgres()
  const account = unprivileged()
  const data = path.join(folder, 'postgres')
  fs.mkdirSync(data, { mode: 0o700 })
  if (account) fs.chownSync(data, account.uid, account.gid)
  const made = spawnSync(`${bin}/initdb`, ['-D', data, '-U', 'atnet', '-A', 'trust', '-E', 'UTF8', '--no-sync'], { ...account, cwd: '/', encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  const port = await unusedPort()
  const careless = ['fsync', 'synchronous_commit', 'full_page_writes'].flatMap((setting) => ['-c', `${setting}=off`])
  const child = database('SIGINT', account, `${bin}/postgres`, ['-D', data, '-h', LOOPBACK, '-p', String(port), '-k', data, '-c', 'max_connections=120', ...careless])
  await accepting(port, child)
  return `postgresql://atnet@${LOOPBACK}:${port}/postgres`
}

async function redis() {
  const port = await unusedPort()
  const child = database('SIGTERM', null, 'redis-server', ['--bind', LOOPBACK, '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder])
  await accepting(port, child)
  return `${LOOPBACK}:${port}`
}

async function devEnv() {
  const home = path.join(options.modules, 'node_modules/@atproto/dev-env')
  const { main } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'))
  return import(pathToFileURL(path.join(home, main ?? 'dist/index.js')))
}

async function start() {
  process.env.TMPDIR = folder // where the PDS keeps its files
  process.env.LOG_ENABLED = String(options.log)
  if (options.log) process.env.LOG_DESTINATION = path.join(folder, 'services.log')
  const pds = { port: await unusedPort(), ...(options.rateLimits ? { rateLimitsEnabled: true } : {}) }
  if (!options.appview) {
    const { TestNetworkNoAppView } = await devEnv()
    network = await TestNetworkNoAppView.create({ pds })
    return
  }
  ;[process.env.DB_POSTGRES_URL, process.env.REDIS_HOST] = await Promise.all([postgres(), redis()])
  process.env.DB_POSTGRES_SCHEMA = 'atnet'
  const { TestNetwork } = await devEnv()
  const port = await unusedPort()
  network = await TestNetwork.create({ pds, bsky: { port, publicUrl: `http://localhost:${port}` } })
}

function announce() {
  const address = (url) => url?.replace('localhost', LOOPBACK) ?? null
  const pds = address(network.pds.url)
  console.log(JSON.stringify({
    plc: address(network.plc.url),
    pds,
    firehose: `${pds.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos`,
    appview: address(network.bsky?.url),
    appviewDid: network.bsky?.serverDid ?? null,
    postgres: options.appview ? process.env.DB_POSTGRES_URL : null, // the AppView's tables are in schema appview_atnet
    adminPassword: 'admin-pass',
    folder,
  }))
}

async function end(code) {
  if (ending) return
  ending = true
  setTimeout(() => process.exit(1), 15000).unref()
  await Promise.race([Promise.resolve(network?.close()).catch((error) => console.error(error)), pause(6000)])
  for (const { child, signal } of databases) child.kill(signal)
  await Promise.race([Promise.all(databases.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit'))), pause(4000)])
  for (const { child } of databases) child.kill('SIGKILL')
  fs.rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}

process.on('SIGTERM', () => end(0))
process.on('SIGINT', () => end(0))
process.on('unhandledRejection', (reason) => console.error('unhandled:', reason?.message ?? reason))
process.stdin.resume().on('end', () => end(0))

try {
  fs.chmodSync(folder, 0o755)
  listenOnLoopbackOnly()
  await start()
  announce()
} catch (error) {
  console.error(error)
  await end(1)
}
