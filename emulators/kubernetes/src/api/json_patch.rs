//! JSON patch (RFC 6902), as `gopkg.in/evanphx/json-patch.v4` applies it.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, TestOperation};
use serde_json::Value;

use super::go_json;
use super::status::ApiError;

/// How many operations a patch may have (`maxJSONPatchOperations`).
const MOST_OPERATIONS: usize = 10_000;

/// Reads the body of a patch: a list of operations.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Value>, ApiError> {
    let broken = |detail: String| ApiError::bad_request(format!("error decoding patch: {detail}"));
    let operations = match go_json::value(bytes).map_err(broken)? {
        Value::Array(operations) => operations,
        Value::Null => Vec::new(),
        other => {
            let found = super::body::go_name(&other);
            return Err(broken(format!("json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp")));
        }
    };
    if operations.len() > MOST_OPERATIONS {
        let detail =
            format!("The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {}", operations.len());
        return Err(ApiError::too_large(detail));
    }
    Ok(operations)
}

/// Applies `operations` to `target`, which is of no use after an error.
pub(super) fn apply(target: &mut Value, operations: &[Value]) -> Result<(), ApiError> {
    for operation in operations {
        let applied = self::operation(target, operation).map(|one| json_patch::patch(target, &[one]));
        match applied {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, "a patch does not apply");
                return Err(ApiError::rejected());
            }
            None => return Err(ApiError::rejected()),
        }
    }
    Ok(())
}

fn operation(target: &Value, operation: &Value) -> Option<PatchOperation> {
    let pointer = |member: &str| PointerBuf::parse(operation[member].as_str()?).ok();
    let (path, value) = (pointer("path")?, operation["value"].clone());
    Some(match operation["op"].as_str()? {
        "add" => PatchOperation::Add(AddOperation { path, value }),
        "remove" => PatchOperation::Remove(RemoveOperation { path }),
        "replace" if replaces_member(target, &path) => PatchOperation::Add(AddOperation { path, value }),
        "replace" => PatchOperation::Replace(json_patch::ReplaceOperation { path, value }),
        "move" => PatchOperation::Move(MoveOperation { from: pointer("from")?, path }),
        "copy" => PatchOperation::Copy(CopyOperation { from: pointer("from")?, path }),
        "test" => PatchOperation::Test(TestOperation { path, value }),
        _ => return None,
    })
}

/// The member of an object can be replaced even when it is not there.
fn replaces_member(target: &Value, path: &PointerBuf) -> bool {
    path.split_back().is_some_and(|(parent, _)| parent.resolve(target).is_ok_and(Value::is_object))
}
