/**
 * Must be imported before any schema is made: Zod would otherwise try to compile its validators with `Function`, which
 * the content security policy of the report and of the panel forbids.
 */
import * as z from 'zod';

z.config({ jitless: true });
