import { ddlSuite } from './suite.ts';

ddlSuite('postgres', 'avro');
ddlSuite('mariadb', 'avro');
ddlSuite('sqlite', 'avro');
