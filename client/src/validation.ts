/**
 * Must be imported before any schema is made: Zod would otherwise look at `navigator` to find out whether it may compile
 * its validators, which the extension host reports as a fault of the extension.
 */
import * as z from 'zod';

z.config({ jitless: true });
