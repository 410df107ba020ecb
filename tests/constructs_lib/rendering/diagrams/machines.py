"""A state machine that somebody else wrote, with every kind of state."""

from typing import Any

CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "Next": "ML Workflow failed"}]

COMPLEX: dict[str, Any] = {
    "Comment": "from elsewhere",
    "StartAt": "Pre-process",
    "States": {
        "Pre-process": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Catch": CATCH_ALL,
            "Next": "Side by side",
        },
        "Side by side": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Anomaly",
                    "States": {
                        "Anomaly": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:x", "End": True}
                    },
                },
                {
                    "StartAt": "Features",
                    "States": {
                        "Features": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
                            "Next": "Select",
                        },
                        "Select": {"Type": "Pass", "End": True},
                    },
                },
            ],
            "Catch": CATCH_ALL,
            "Next": "Train",
        },
        "Train": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Next": "Good?"},
        "Good?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.accuracy", "NumericGreaterThanEquals": 0.9, "Next": "Notify"},
                {"Variable": "$.again", "BooleanEquals": True, "Next": "Pause"},
            ],
            "Default": "ML Workflow failed",
        },
        "Pause": {"Type": "Wait", "Seconds": 60, "Next": "Train"},
        "Notify": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Send",
                "States": {"Send": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}},
            },
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
        "ML Workflow failed": {"Type": "Fail"},
    },
}
