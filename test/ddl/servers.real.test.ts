import { ddlSuite } from './suite.ts';

ddlSuite('postgres');
ddlSuite('mariadb');
