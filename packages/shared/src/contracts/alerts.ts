import { z } from 'zod';

/**
 * What a service wants people told. Every service publishes its own `*.alerted` event with this shape; deals-svc, which
 * owns the alerts, records it and announces `alert.raised`.
 */
export const alertSchema = z.object({
  severity: z.enum(['info', 'warning', 'critical']),
  code: z.string().min(1).max(100),
  message: z.string().min(1).max(1000),
});
export type AlertData = z.infer<typeof alertSchema>;
