import fc from 'fast-check';

/** The same cases on every machine; LIBERATE_TEST_SEED and LIBERATE_TEST_RUNS look further. */
fc.configureGlobal({ seed: Number(process.env['LIBERATE_TEST_SEED'] ?? 1) });
