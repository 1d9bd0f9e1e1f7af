/**
 * The schema of a Parquet file as a tree, and where in it the fields of the
 * table are.
 *
 * @module
 */

import type {
  ParquetFooter,
  ParquetLeaf,
  SchemaElement,
} from "../parquet/footer.ts";
import type { ColumnMappingMode } from "../schema/column_mapping.ts";
import type { DataType, StructField } from "../schema/data_type.ts";
import { type FileField, findFileField } from "./logical_columns.ts";

/** A node of a file's schema. */
export interface FileNode extends FileField {
  /** Names from the top level down, as the file spells them. */
  readonly path: readonly string[];
  /** Its children; none for a leaf. */
  readonly children: readonly FileNode[];
  /** The leaf, where it is one, and its index among the leaves. */
  readonly leaf:
    | { readonly column: ParquetLeaf; readonly index: number }
    | undefined;
}

/** The top-level nodes of a file, in order. */
export function fileTree(footer: ParquetFooter): readonly FileNode[] {
  const leaves = footer.leaves.map((column, index) => ({ column, index }));
  return nodesAt(0, leaves);
}

/** Whether any node of the file has a field id. */
export function hasFieldIds(footer: ParquetFooter): boolean {
  return footer.schema.some((element) => element.fieldId !== undefined);
}

/** The node of a field inside structs; `undefined` where the file lacks it. */
export function findNode(
  nodes: readonly FileNode[],
  fields: readonly StructField[],
  path: readonly string[],
  mode: ColumnMappingMode,
): { readonly node: FileNode; readonly type: DataType } | undefined {
  const [name, ...rest] = path;
  const field = fields.find((f) => f.name === name);
  if (!field) return undefined;
  const node = nodes[findFileField(nodes, field, mode)];
  if (!node || rest.length === 0) return node && { node, type: field.type };
  return field.type.kind === "struct"
    ? findNode(node.children, field.type.fields, rest, mode)
    : undefined;
}

type Leaf = { readonly column: ParquetLeaf; readonly index: number };

/** Groups leaves that stand in a row under the same ancestor. */
function nodesAt(depth: number, leaves: readonly Leaf[]): FileNode[] {
  const groups: { element: SchemaElement; leaves: Leaf[] }[] = [];
  for (const leaf of leaves) {
    const element = leaf.column.ancestors[depth]!;
    const last = groups.at(-1);
    if (last?.element === element) last.leaves.push(leaf);
    else groups.push({ element, leaves: [leaf] });
  }
  return groups.map(({ element, leaves }) => {
    const isLeaf = element.physicalType !== undefined;
    return {
      name: element.name,
      id: element.fieldId,
      path: leaves[0]!.column.path.slice(0, depth + 1),
      children: isLeaf ? [] : nodesAt(depth + 1, leaves),
      leaf: isLeaf ? leaves[0] : undefined,
    };
  });
}
