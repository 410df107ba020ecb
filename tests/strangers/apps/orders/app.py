"""Orders come over a topic, a queue and a function into a table; what is worth knowing goes to a bus, and to people."""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

HANDLERS = str(Path(__file__).parent / "handlers")


class DataStack(cdk.Stack):
    """What lives longer than the code."""

    def __init__(self, scope: Construct, construct_id: str, *, env: cdk.Environment) -> None:
        super().__init__(scope, construct_id, env=env)
        self.key = kms.Key(self, "Key", alias="alias/orders", removal_policy=cdk.RemovalPolicy.DESTROY)
        self.table = dynamodb.TableV2(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="order", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(self.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires",
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name="by-state",
                    partition_key=dynamodb.Attribute(name="state", type=dynamodb.AttributeType.STRING),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.secret = secretsmanager.Secret(
            self,
            "ApiKey",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template='{"user": "shop"}', generate_string_key="password", exclude_punctuation=True
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


class Monitoring(cdk.NestedStack):
    """Alarms and a dashboard, in a template of their own."""

    def __init__(
        self, scope: Construct, construct_id: str, *, worker: lambda_.IFunction, dead: sqs.IQueue, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        alarm = cloudwatch.Alarm(
            self,
            "Dead",
            metric=dead.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(1)),
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        rate = cloudwatch.MathExpression(
            expression="100 * errors / invocations",
            using_metrics={"errors": worker.metric_errors(), "invocations": worker.metric_invocations()},
        )
        rate.create_alarm(self, "ErrorRate", threshold=5, evaluation_periods=3)
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        dashboard.add_widgets(
            cloudwatch.GraphWidget(title="Errors", left=[worker.metric_errors()], right=[rate]),
            cloudwatch.AlarmWidget(alarm=alarm),
        )
        self.alarm_name = alarm.alarm_name


class OrdersStack(cdk.Stack):
    """The code and what calls it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, env: cdk.Environment, data: DataStack, version: str
    ) -> None:
        super().__init__(scope, construct_id, env=env)
        dead = sqs.Queue(self, "DeadLetters", enforce_ssl=True, retention_period=cdk.Duration.days(14))
        queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=cdk.Duration.seconds(60),
            encryption=sqs.QueueEncryption.KMS,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=1),
        )
        incoming = sns.Topic(self, "Incoming", display_name="Orders")
        incoming.add_subscription(
            subscriptions.SqsSubscription(
                queue,
                raw_message_delivery=True,
                filter_policy={"kind": sns.SubscriptionFilter.string_filter(allowlist=["order"])},
            )
        )
        bus = events.EventBus(self, "Bus")
        minimum = ssm.StringParameter(self, "Minimum", parameter_name="/orders/minimum", string_value="10")

        worker = lambda_.Function(
            self,
            "Worker",
            runtime=lambda_.Runtime.PYTHON_3_12,
            architecture=lambda_.Architecture.ARM_64,
            handler="worker.handler",
            code=lambda_.Code.from_asset(HANDLERS),
            timeout=cdk.Duration.seconds(10),
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "TABLE": data.table.table_name,
                "BUS": bus.event_bus_name,
                "MINIMUM": minimum.parameter_name,
                "SECRET": data.secret.secret_arn,
                "VERSION": version,
            },
            log_group=logs.LogGroup(
                self, "WorkerLogs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=cdk.RemovalPolicy.DESTROY
            ),
        )
        data.table.grant_read_write_data(worker)
        data.secret.grant_read(worker)
        minimum.grant_read(worker)
        bus.grant_put_events_to(worker)
        worker.add_event_source(sources.SqsEventSource(queue, batch_size=5, report_batch_item_failures=True))

        news = sqs.Queue(self, "News")
        lost = sqs.Queue(self, "Lost")
        events.Rule(
            self,
            "Accepted",
            event_bus=bus,
            event_pattern=events.EventPattern(source=["shop.orders"], detail={"total": events.Match.greater_than(100)}),
            targets=[
                targets.SqsQueue(
                    news,
                    message=events.RuleTargetInput.from_object(
                        {"text": f"{events.EventField.from_path('$.detail.customer')} bought a lot"}
                    ),
                )
            ],
        )
        audit = lambda_.Function(
            self,
            "Audit",
            runtime=lambda_.Runtime.NODEJS_22_X,
            handler="index.handler",
            code=lambda_.Code.from_inline(
                "exports.handler = async (event) => { if (event.detail.customer === 'bad') throw new Error('no audit');"
                " console.log('audited', event.detail.order); return event.detail; };"
            ),
            log_retention=logs.RetentionDays.ONE_MONTH,
            retry_attempts=0,
            on_failure=destinations.SqsDestination(lost),
        )
        events.Rule(
            self,
            "AuditAll",
            event_bus=bus,
            event_pattern=events.EventPattern(source=events.Match.prefix("shop.")),
            targets=[targets.LambdaFunction(audit, dead_letter_queue=dead, retry_attempts=2)],
        )
        events.Rule(
            self, "Nightly", schedule=events.Schedule.cron(hour="3", minute="0"), targets=[targets.SnsTopic(incoming)]
        )
        drop = s3.Bucket(
            self,
            "Drop",
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(30), prefix="old/")],
            removal_policy=cdk.RemovalPolicy.DESTROY,
            auto_delete_objects=True,
        )
        drop.enable_event_bridge_notification()
        drop.add_event_notification(
            s3.EventType.OBJECT_CREATED, notifications.SqsDestination(news), s3.NotificationKeyFilter(suffix=".csv")
        )
        Monitoring(self, "Monitoring", worker=worker, dead=dead, topic=incoming)

        live = lambda_.Alias(self, "Live", alias_name="live", version=worker.current_version)
        for name, value in {
            "Topic": incoming.topic_arn, "Dead": dead.queue_url, "News": news.queue_url, "Lost": lost.queue_url,
            "Audit": audit.function_name, "Live": live.function_arn, "Table": data.table.table_name,
            "Drop": drop.bucket_name,
        }.items():  # fmt: skip
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)


app = cdk.App()
cdk.Tags.of(app).add("project", "orders")
here = cdk.Environment(account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"])
stored = DataStack(app, "OrdersData", env=here)
OrdersStack(app, "Orders", env=here, data=stored, version=app.node.try_get_context("version"))
app.synth()
