/**
 * What any object store must do to carry a Delta table: one list of cases for
 * memory, a folder, S3 and whatever comes next, asked by capability.
 *
 * A case makes its own stores, checks with plain errors, and knows nothing of
 * the test runner.
 *
 * @module
 */

import { cancelCases } from "./cancel_cases.ts";
import type { StoreContractCase } from "./contract_case.ts";
import { createCases } from "./create_cases.ts";
import { listingCases } from "./listing_cases.ts";
import { multipartCases } from "./multipart_cases.ts";
import { objectCases } from "./object_cases.ts";

export {
  type MakeStore,
  NOT_OFFERED,
  RACING_HANDLES,
  type StoreContractCase,
} from "./contract_case.ts";
export { AWKWARD_KEYS } from "./object_cases.ts";

/** The contract, case by case. */
export const storeContract: readonly StoreContractCase[] = [
  ...createCases,
  ...multipartCases,
  ...listingCases,
  ...objectCases,
  ...cancelCases,
];
