export interface BrokerPorts {
  readonly plain: number;
  readonly tls: number;
  readonly sasl: number;
  readonly saslTls: number;
  readonly controller: number;
  readonly proxied: number;
}

export interface BrokerPlan {
  readonly ports: BrokerPorts;
  /** Of the controller of a cluster that this broker joins; null: it is its own. */
  readonly joins: number | null;
  /** Where clients of the listener PROXIED are sent; it is there only when this is. */
  readonly proxyPort: number | null;
  readonly dataDirectory: string;
  readonly caFile: string;
  readonly bundleFile: string;
  readonly user: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly advertised?: number;
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** server.properties of a broker that is its own controller, or of the second one of a cluster. */
export function brokerProperties(plan: BrokerPlan): string {
  const { ports, proxyPort, joins } = plan;
  const listeners: Listener[] = [
    { name: 'PLAINTEXT', port: ports.plain },
    { name: 'SSL', port: ports.tls },
    { name: 'SASL_PLAINTEXT', port: ports.sasl },
    { name: 'SASL_SSL', port: ports.saslTls },
  ];
  if (proxyPort !== null) listeners.push({ name: 'PROXIED', port: ports.proxied, advertised: proxyPort });
  const controller = { name: 'CONTROLLER', port: ports.controller };
  const properties: Record<string, string> = {
    'process.roles': joins === null ? 'broker,controller' : 'broker',
    'node.id': joins === null ? '1' : '2',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${joins ?? ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, ...(joins === null ? [controller] : [])].map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(','),
    'advertised.listeners': listeners.map(({ name, port, advertised = port }) => `${name}://127.0.0.1:${advertised}`).join(','),
    'listener.security.protocol.map': [...listeners, controller].map(({ name }) => `${name}:${protocolOf(name)}`).join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': plan.dataDirectory,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': plan.bundleFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': plan.caFile,
    'sasl.enabled.mechanisms': mechanisms.join(','),
    ...jaas(plan),
    // One broker, and few partitions in its own topics: they are made while the first test waits.
    'default.replication.factor': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // After a kill the broker may register again only when its last session is over.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '1000',
    'auto.create.topics.enable': 'false',
    // Records carry the rows' own times, which may be years ago: nothing is dropped for its age.
    'log.retention.ms': '-1',
    'log.retention.bytes': '-1',
    ...plan.settings,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function protocolOf(listener: string): string {
  return listener === 'CONTROLLER' || listener === 'PROXIED' ? 'PLAINTEXT' : listener;
}

function jaas({ user, password }: BrokerPlan): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const listener of ['sasl_plaintext', 'sasl_ssl']) {
    for (const mechanism of mechanisms) {
      properties[`listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`] =
        mechanism === 'PLAIN'
          ? `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}="${password}";`
          : 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    }
  }
  return properties;
}
