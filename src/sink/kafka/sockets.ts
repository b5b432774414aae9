import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** As long as the kernel's own minimum for a dead peer makes sense: milliseconds before the first probe. */
const keepAliveDelay = 30_000;

/** Makes the sockets of one Kafka client, so that all of them can be cut at once. */
export class Sockets {
  /** The socket that kafkajs talks to, and the TCP connection under it: the same one without TLS. */
  readonly #open = new Map<net.Socket, net.Socket>();
  #cut = false;

  readonly make: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    // After `cut` a client that still tries to reconnect finds no way out.
    if (this.#cut) throw new Error('the client is closed');
    const wire = net.connect({ host, port });
    // A batch's last segment must not wait for the acknowledgement of those before it.
    wire.setNoDelay(true);
    wire.setKeepAlive(true, keepAliveDelay);
    const socket = ssl ? secure(wire, host, ssl) : wire;
    socket.once(ssl ? 'secureConnect' : 'connect', onConnect);
    socket.once('close', () => this.#open.delete(socket));
    this.#open.set(socket, wire);
    return socket;
  };

  /**
   * Cuts every connection with a reset. A plain close would leave the kernel delivering what it still
   * holds: a batch that was given up could then arrive behind its own repetition, and older rows
   * would overwrite newer ones.
   */
  cut(): void {
    this.#cut = true;
    for (const [socket, wire] of this.#open) {
      const polite = socket.writableEnded;
      // A reset is for what is open: there is nothing to discard before, nor after kafkajs has ended it.
      if (wire.connecting || polite) wire.destroy();
      else wire.resetAndDestroy();
      socket.destroy();
      // kafkajs does not listen to 'close': without an error its waiting requests would never settle.
      if (!polite) socket.emit('error', Object.assign(new Error('the connection was given up'), { code: 'ECONNABORTED' }));
    }
    this.#open.clear();
  }
}

function secure(wire: net.Socket, host: string, options: tls.ConnectionOptions): net.Socket {
  const named = net.isIP(host) ? {} : { servername: host };
  // `host` is what the certificate is checked against where no server name is given.
  const socket = tls.connect({ ...named, ...options, host, socket: wire });
  wire.on('error', (error) => socket.destroy(error));
  return socket;
}
